using Skiff.Agent.Manager;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Cli;

/// <summary>How fast a pull may be: <c>--limit-rate</c> and SKIFF_LIMIT_RATE.</summary>
internal static class PullRate
{
    /// <summary>Reads a number of bytes per second, such as <c>2m</c>: 2 MiB, as curl has it.</summary>
    /// <param name="name">Where it was given, for messages.</param>
    /// <param name="text">The number.</param>
    /// <exception cref="UsageException">It is none, or is nothing at all.</exception>
    public static RegistryOptions Parse(string name, string text) =>
        ByteSize.TryParse(text, out long bytes, out string problem) && bytes > 0
            ? RegistryOptions.Default with { BytesPerSecond = bytes }
            : throw new UsageException($"bad {name}: {problem}: expected bytes per second, such as 500k, 2m or 1g");
}
