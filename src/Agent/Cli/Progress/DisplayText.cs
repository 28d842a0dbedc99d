using System.Text;
using Wcwidth;

namespace Skiff.Agent.Cli.Progress;

/// <summary>
/// Text in columns of a terminal. A character that shows nothing or moves the cursor becomes a question mark; one that
/// combines with the character before it is kept, and counts as none.
/// </summary>
internal static class DisplayText
{
    /// <summary>How many columns a text takes, or a little more where a terminal joins characters.</summary>
    public static int Width(string text)
    {
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes()) width += Width(rune);
        return width;
    }

    /// <summary>The text as a terminal of this style can show it, in at most so many columns.</summary>
    public static string Fit(string text, int columns, ProgressStyle style)
    {
        string shown = Shown(text, style);
        if (Width(shown) <= columns) return shown;
        int room = Math.Max(0, columns - style.Ellipsis.Length);
        var fitting = new StringBuilder();
        foreach (Rune rune in shown.EnumerateRunes())
        {
            room -= Width(rune);
            if (room < 0) break;
            fitting.Append(rune.ToString());
        }
        return fitting.Append(style.Ellipsis.AsSpan(0, Math.Min(style.Ellipsis.Length, columns))).ToString();
    }

    /// <summary>Fills up with spaces behind the text.</summary>
    public static string Pad(string text, int columns) =>
        text + new string(' ', Math.Max(0, columns - Width(text)));

    private static string Shown(string text, ProgressStyle style)
    {
        if (System.Text.Ascii.IsValid(text) && !text.AsSpan().ContainsAnyInRange('\0', '\x1f')
            && !text.Contains('\x7f')) return text;
        var shown = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
            shown.Append(IsShown(rune, style) ? rune.ToString() : "?");
        return shown.ToString();
    }

    private static bool IsShown(Rune rune, ProgressStyle style) => (style.Unicode || rune.IsAscii)
        && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control
            or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Surrogate
            or System.Globalization.UnicodeCategory.PrivateUse
            or System.Globalization.UnicodeCategory.OtherNotAssigned
            or System.Globalization.UnicodeCategory.LineSeparator
            or System.Globalization.UnicodeCategory.ParagraphSeparator);

    private static int Width(Rune rune) => rune.IsAscii ? 1 : Math.Max(0, UnicodeCalculator.GetWidth(rune));
}
