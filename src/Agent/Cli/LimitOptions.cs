using Skiff.Agent.Manager;
using Skiff.Layers.Tar;

namespace Skiff.Agent.Cli;

/// <summary>Limits of what a pull takes, as <c>--limits</c> and SKIFF_LIMITS give them:
/// <c>layer-bytes=128g,layer-entries=4000000</c>.</summary>
internal static class LimitOptions
{
    /// <summary>The defaults with the changes that the text names; null when there is no text.</summary>
    public static IngestLimits? Parse(string? text)
    {
        if (text is null) return null;
        IngestLimits limits = IngestLimits.Default;
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            limits = Change(limits, part);
        return limits;
    }

    private static IngestLimits Change(IngestLimits limits, string part)
    {
        int equals = part.IndexOf('=');
        string name = equals < 0 ? part : part[..equals];
        string number = equals < 0 ? "" : part[(equals + 1)..];
        if (!ByteSize.TryParse(number, out long value, out string problem))
            throw new UsageException($"bad limit \"{part}\": {problem}");
        IngestLimits changed = limits.With(name, value, out long max)
            ?? throw new UsageException($"unknown limit \"{name}\": expected one of {IngestLimits.Names}");
        return value >= 1 && value <= max ? changed
            : throw new UsageException($"bad limit \"{part}\": expected a number from 1 to {max}");
    }
}
