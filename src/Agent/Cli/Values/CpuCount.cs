using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Cli.Values;

/// <summary>The value of <c>--cpus</c>: a decimal number of processors.</summary>
internal static class CpuCount
{
    /// <summary>Reads <c>1.5</c> as 150 ms in every 100 ms; null for 0, which is no limit.</summary>
    /// <exception cref="UsageException">No number, or not between 0.01 and <paramref name="available"/>.</exception>
    public static CpuMax? Parse(string text, int available)
    {
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal cpus))
            throw Invalid(text, $"failed to parse {text} as a rational number");
        if (cpus * 1_000_000_000 != decimal.Truncate(cpus * 1_000_000_000)) throw Invalid(text, "value is too precise");
        if (cpus == 0) return null;
        if (cpus < 0.01m || cpus > available)
            throw new UsageException(
                $"range of CPUs is from 0.01 to {available}.00, as there are only {available} CPUs available", 125);
        return DockerLimits.CpuMax(cpus);
    }

    private static UsageException Invalid(string text, string problem) =>
        new($"invalid argument \"{text}\" for \"--cpus\" flag: {problem}", 125);
}
