namespace Skiff.Agent.Cli.Progress;

/// <summary>What a terminal can show.</summary>
/// <param name="Unicode">Characters beyond ASCII, each as wide as Unicode says.</param>
/// <param name="Colour">Colours.</param>
internal sealed record ProgressStyle(bool Unicode, bool Colour)
{
    /// <summary>Says what was left out.</summary>
    public string Ellipsis => Unicode ? "…" : "...";

    /// <summary>From the environment: the locale's character set, TERM, and NO_COLOR (no-color.org).</summary>
    /// <param name="variable">Gives a variable's value, or null.</param>
    public static ProgressStyle Of(Func<string, string?> variable)
    {
        string term = variable("TERM") ?? "";
        // The console of a kernel or of a serial line has few glyphs whatever the locale says.
        bool isSimple = term.StartsWith("linux", StringComparison.Ordinal)
            || term.StartsWith("vt", StringComparison.Ordinal);
        return new ProgressStyle(
            !isSimple && IsUnicode(Locale(variable)), Colour: string.IsNullOrEmpty(variable("NO_COLOR")));
    }

    // locale(7): the first that is set and not empty decides.
    private static string Locale(Func<string, string?> variable)
    {
        foreach (string name in (ReadOnlySpan<string>)["LC_ALL", "LC_CTYPE", "LANG"])
            if (variable(name) is { Length: > 0 } value) return value;
        return "C";
    }

    // Bars and ellipsis are characters of ambiguous width (UAX #11), which East Asian terminals may show twice as wide.
    private static bool IsUnicode(string locale) =>
        (locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase)
            || locale.Contains("UTF8", StringComparison.OrdinalIgnoreCase))
        && !(locale.StartsWith("zh", StringComparison.Ordinal) || locale.StartsWith("ja", StringComparison.Ordinal)
            || locale.StartsWith("ko", StringComparison.Ordinal));
}
