using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary><c>--device HOST[:CONTAINER][:rwm]</c>.</summary>
internal static class DeviceSyntax
{
    /// <summary>Parses one value.</summary>
    public static Device Parse(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > 3 || !parts[0].StartsWith('/')) throw new UsageException($"invalid device specification: {text}", 125);
        string inside = parts[0], access = "rwm";
        if (parts.Length == 2 && IsAccess(parts[1])) access = parts[1];
        else if (parts.Length >= 2) inside = parts[1];
        if (parts.Length == 3) access = IsAccess(parts[2]) ? parts[2] : throw new UsageException($"invalid device mode: {parts[2]}", 125);
        return new Device(parts[0], inside, access);
    }

    private static bool IsAccess(string text) => text.Length is > 0 and <= 3 && text.AsSpan().IndexOfAnyExcept("rwm") < 0;
}
