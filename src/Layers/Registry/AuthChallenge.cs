namespace Skiff.Layers.Registry;

/// <summary>
/// One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1): a scheme and its parameters, whose names are
/// compared without case.
/// </summary>
internal sealed class AuthChallenge
{
    private readonly Dictionary<string, string> _parameters = new(StringComparer.OrdinalIgnoreCase);

    private AuthChallenge(string scheme) => Scheme = scheme;

    /// <summary><c>Bearer</c>, <c>Basic</c>, as the registry spelled it.</summary>
    public string Scheme { get; }

    /// <summary>A parameter's value without its quotes, or null.</summary>
    public string? this[string name] => _parameters.GetValueOrDefault(name);

    /// <summary>Whether the scheme is <paramref name="name"/>.</summary>
    public bool Is(string name) => Scheme.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>All challenges of one header value; what cannot be read is left out.</summary>
    public static List<AuthChallenge> ParseAll(ReadOnlySpan<char> header)
    {
        List<AuthChallenge> challenges = [];
        while (true)
        {
            header = header.TrimStart(", \t");
            ReadOnlySpan<char> word = TakeToken(ref header);
            if (word.IsEmpty) return challenges;
            ReadOnlySpan<char> afterSpace = header.TrimStart(" \t");
            // A word with "=" behind it is a parameter of the challenge before; any other word starts a new challenge.
            if (challenges.Count > 0 && afterSpace is ['=', ..] && TakeValue(ref afterSpace) is { } value)
            {
                challenges[^1]._parameters.TryAdd(word.ToString(), value);
                header = afterSpace;
                continue;
            }
            challenges.Add(new AuthChallenge(word.ToString()));
            header = SkipToken68(header);
        }
    }

    // The value behind "=", quoted or bare; null when a quote is not closed.
    private static string? TakeValue(ref ReadOnlySpan<char> text)
    {
        text = text[1..].TrimStart(" \t");
        if (text is not ['"', ..]) return TakeToken(ref text).ToString();
        var value = new System.Text.StringBuilder();
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                text = text[(i + 1)..];
                return value.ToString();
            }
            if (text[i] == '\\' && i + 1 < text.Length) i++;
            value.Append(text[i]);
        }
        return null;
    }

    // "Negotiate YWJj==": credentials without names; of no use here.
    private static ReadOnlySpan<char> SkipToken68(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> rest = text.TrimStart(" \t");
        ReadOnlySpan<char> probe = rest;
        TakeToken(ref probe);
        while (probe is ['=', '=', ..]) probe = probe[1..];
        bool alone = probe.Length < rest.Length && probe is ['=', .. var tail]
            && tail.TrimStart(" \t") is [] or [',', ..];
        return alone ? probe[1..] : text;
    }

    private static ReadOnlySpan<char> TakeToken(ref ReadOnlySpan<char> text)
    {
        int end = 0;
        while (end < text.Length && !(text[end] is ' ' or '\t' or ',' or '=' or '"')) end++;
        ReadOnlySpan<char> token = text[..end];
        // A stray separator is stepped over, so that every call makes progress.
        if (end == 0 && !text.IsEmpty && text[0] is '=' or '"') token = text[..(end = 1)];
        text = text[end..];
        return token;
    }
}
