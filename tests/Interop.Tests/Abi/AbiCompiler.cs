using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Skiff.Interop.Tests.Abi;

/// <summary>
/// Turns claims into static assertions and lets a C compiler judge them; nothing is linked or run, so a cross compiler
/// serves as well.
/// </summary>
internal static partial class AbiCompiler
{
    private const int AssertionsStart = 1000;

    /// <summary>Per claim: true it holds, false it does not, absent the unit does not declare it.</summary>
    public static Dictionary<AbiRow, bool> Check(string compiler, AbiUnit unit, IReadOnlyList<AbiRow> rows)
    {
        using var directory = new TemporaryDirectory();
        string file = directory[$"{unit.Name}.c"];
        File.WriteAllText(file, Source(unit, rows));
        // -std=gnu11 for static assertions; every error is wanted, and each on the line of its claim.
        var (_, _, error) = Tool.TryRun(compiler, "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-fmax-errors=0",
            "-fno-diagnostics-show-caret", "-fdiagnostics-color=never", file);
        var verdicts = rows.ToDictionary(row => row, _ => true);
        foreach (Match match in Error().Matches(error))
        {
            int line = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            string text = match.Groups[2].Value;
            Assert.True(line >= AssertionsStart, $"{compiler} refuses the headers of unit {unit.Name}: {text}");
            AbiRow row = rows[line - AssertionsStart];
            if (text.StartsWith("static assertion failed", StringComparison.Ordinal)) verdicts[row] = false;
            else verdicts.Remove(row);
        }
        return verdicts;
    }

    private static string Source(AbiUnit unit, IReadOnlyList<AbiRow> rows)
    {
        var text = new StringBuilder();
        foreach (string header in unit.Headers)
            text.Append(CultureInfo.InvariantCulture, $"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n");
        text.Append(CultureInfo.InvariantCulture, $"#line {AssertionsStart}\n");
        foreach (AbiRow row in rows)
        {
            string type = row.Bits == 64 ? "unsigned long long" : "unsigned int";
            text.Append(CultureInfo.InvariantCulture,
                $"_Static_assert(({type})({row.Expression}) == {row.Value}ULL, \"differs\");\n");
        }
        return text.ToString();
    }

    [GeneratedRegex(@"\.c:(\d+):\d+: (?:fatal )?error: (.*)")]
    private static partial Regex Error();
}
