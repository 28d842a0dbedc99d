namespace Skiff.Agent.Cli;

/// <summary>
/// The patterns of <c>ps --filter name=</c>: regular expressions as far as names of containers need them, which is
/// characters, <c>.</c>, <c>*</c> behind either, and the anchors <c>^</c> and <c>$</c>.
/// </summary>
internal static class NamePattern
{
    /// <summary>Whether a name, with or without the slash that docker's names begin with, has the pattern.</summary>
    public static bool Matches(string pattern, string name) => Search(pattern, name) || Search(pattern, "/" + name);

    private static bool Search(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.StartsWith('^')) return Here(pattern[1..], text);
        for (int i = 0; i <= text.Length; i++)
            if (Here(pattern, text[i..])) return true;
        return false;
    }

    private static bool Here(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.IsEmpty) return true;
        if (pattern.Length > 1 && pattern[1] == '*') return Star(pattern[0], pattern[2..], text);
        if (pattern.SequenceEqual("$")) return text.IsEmpty;
        return !text.IsEmpty && pattern[0] is var c && (c == '.' || c == text[0]) && Here(pattern[1..], text[1..]);
    }

    private static bool Star(char c, ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        while (true)
        {
            if (Here(pattern, text)) return true;
            if (text.IsEmpty || (c != '.' && c != text[0])) return false;
            text = text[1..];
        }
    }
}
