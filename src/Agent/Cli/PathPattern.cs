using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// Shell patterns as Go's <c>path.Match</c> has them, which docker's filters use: <c>*</c> and <c>?</c> stop at
/// slashes, <c>[a-z]</c> and <c>[^a-z]</c> stand for one character, a backslash takes the next one as it is.
/// </summary>
internal static class PathPattern
{
    /// <summary>Whether all of a text fits.</summary>
    /// <exception cref="UsageException">The pattern is malformed.</exception>
    public static bool Fits(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        while (!pattern.IsEmpty)
        {
            if (pattern[0] == '*') return FitsStar(pattern.TrimStart('*'), text);
            if (!FitsOne(ref pattern, text)) return false;
            text = text[1..];
        }
        return text.IsEmpty;
    }

    /// <summary>Makes sure that a pattern is one, whatever it is compared with.</summary>
    /// <exception cref="UsageException">It is malformed.</exception>
    public static void Check(ReadOnlySpan<char> pattern)
    {
        while (!pattern.IsEmpty)
        {
            if (pattern[0] == '*') pattern = pattern[1..];
            else FitsOne(ref pattern, "");
        }
    }

    private static bool FitsStar(ReadOnlySpan<char> rest, ReadOnlySpan<char> text)
    {
        for (int i = 0; ; i++)
        {
            if (Fits(rest, text[i..])) return true;
            if (i == text.Length || text[i] == '/') return false;
        }
    }

    // Takes one element off the pattern.
    private static bool FitsOne(ref ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        switch (pattern[0])
        {
            case '?':
                pattern = pattern[1..];
                return !text.IsEmpty && text[0] != '/';
            case '[':
                return FitsClass(ref pattern, text);
            default:
                char wanted = TakeLiteral(ref pattern);
                return !text.IsEmpty && text[0] == wanted;
        }
    }

    private static bool FitsClass(ref ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        pattern = pattern[1..];
        bool negated = pattern.StartsWith('^'), any = false;
        if (negated) pattern = pattern[1..];
        for (bool first = true; first || !pattern.StartsWith(']'); first = false)
        {
            char low = TakeLiteral(ref pattern), high = low;
            if (pattern.StartsWith('-'))
            {
                pattern = pattern[1..];
                high = TakeLiteral(ref pattern);
            }
            any |= !text.IsEmpty && text[0] >= low && text[0] <= high;
        }
        pattern = pattern[1..];
        return !text.IsEmpty && text[0] != '/' && any != negated;
    }

    private static char TakeLiteral(ref ReadOnlySpan<char> pattern)
    {
        if (pattern.StartsWith('\\')) pattern = pattern[1..];
        if (pattern.IsEmpty) throw new UsageException("syntax error in pattern");
        char literal = pattern[0];
        pattern = pattern[1..];
        return literal;
    }
}
