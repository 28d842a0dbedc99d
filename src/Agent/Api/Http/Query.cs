namespace Skiff.Agent.Api.Http;

/// <summary>The parameters behind a target's <c>?</c>, in order.</summary>
internal sealed class Query
{
    private readonly List<(string Name, string Value)> _pairs = [];

    /// <summary>Reads <c>a=1&amp;b=2</c>; <c>+</c> and <c>%HH</c> are what they are in forms.</summary>
    public static Query Parse(string text)
    {
        var query = new Query();
        foreach (string pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            query._pairs.Add(equals < 0 ? (Unescape(pair), "")
                : (Unescape(pair[..equals]), Unescape(pair[(equals + 1)..])));
        }
        return query;
    }

    /// <summary>The first value of that name, or null.</summary>
    public string? Value(string name)
    {
        foreach ((string key, string value) in _pairs)
            if (key == name) return value;
        return null;
    }

    /// <summary>All values of that name.</summary>
    public List<string> Values(string name)
    {
        var values = new List<string>();
        foreach ((string key, string value) in _pairs)
            if (key == name) values.Add(value);
        return values;
    }

    /// <summary>A truth as Docker's daemon reads it: anything is true but these words for no.</summary>
    public bool Flag(string name, bool byDefault = false) => Value(name) is not { } text ? byDefault
        : !(text.Trim().ToLowerInvariant() is "" or "0" or "no" or "false" or "none");

    private static string Unescape(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
