using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Values;

/// <summary>The value of <c>--cpus</c>: a number of processors, as Go reads a rational one.</summary>
internal static class CpuCount
{
    private const long Nano = 1_000_000_000;
    private const long PeriodUs = 100_000;

    // So many characters are exact in a decimal, also when multiplied.
    private const int Longest = 19;

    /// <summary>
    /// Reads <c>1.5</c>, <c>3/2</c> or <c>15e-1</c> as 1,500,000,000 billionths; 0 is no limit.
    /// </summary>
    /// <exception cref="UsageException">No number, or not between 0.01 and <paramref name="available"/>.</exception>
    public static long Parse(string text, int available)
    {
        int slash = text.IndexOf('/');
        decimal number = 0, divisor = 1;
        bool good = text.Length <= Longest && TryDecimal(slash < 0 ? text : text[..slash], out number)
            && (slash < 0 || (TryDecimal(text[(slash + 1)..], out divisor) && divisor >= 1));
        if (!good) throw Invalid(text, $"failed to parse {text} as a rational number");
        // Less than a hundredth is less than the kernel takes.
        if (number != 0 && (number / divisor < 0.01m || number / divisor > available))
            throw new UsageException(
                $"range of CPUs is from 0.01 to {available}.00, as there are only {available} CPUs available");
        decimal nano = number * Nano;
        return nano % divisor == 0 && decimal.IsInteger(nano / divisor) ? (long)(nano / divisor)
            : throw Invalid(text, "value is too precise");
    }

    /// <summary>Microseconds in every 100 ms.</summary>
    public static long QuotaUs(long nanoCpus) => nanoCpus * PeriodUs / Nano;

    // What is too small for a decimal is no zero.
    private static bool TryDecimal(string text, out decimal number)
    {
        int exponent = text.AsSpan().IndexOfAny('e', 'E');
        return decimal.TryParse(text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out number)
            && (number != 0 || !text.AsSpan(0, exponent < 0 ? text.Length : exponent).ContainsAnyInRange('1', '9'));
    }

    private static UsageException Invalid(string text, string problem) =>
        new($"invalid argument \"{text}\" for \"--cpus\" flag: {problem}", 125);
}
