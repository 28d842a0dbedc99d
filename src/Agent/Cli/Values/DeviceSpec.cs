using Skiff.Agent.Manager;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Cli.Values;

/// <summary>A host device for a container: the value of <c>--device</c>.</summary>
/// <param name="Source">The node on the host.</param>
/// <param name="Target">The node in the container.</param>
/// <param name="Access">What the container may do with it.</param>
internal readonly record struct DeviceSpec(string Source, string Target, DeviceAccess Access)
{
    /// <summary>
    /// Reads <c>/dev/sda</c>, <c>/dev/sda:r</c>, <c>/dev/sda:/dev/xvda</c>, <c>/dev/sda:/dev/xvda:rw</c>.
    /// </summary>
    /// <exception cref="UsageException">Docker's words for what is wrong.</exception>
    public static DeviceSpec Parse(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > 3) throw Invalid(text, $"bad format for path: {text}");
        (string source, string target, DeviceAccess access) = (parts[0], parts[0], DeviceAccess.All);
        if (parts.Length == 2 && DeviceRule.TryParseAccess(parts[1], out DeviceAccess only)) access = only;
        else if (parts.Length >= 2) target = parts[1];
        if (parts.Length == 3 && !DeviceRule.TryParseAccess(parts[2], out access))
            throw Invalid(text, $"bad mode specified: {parts[2]}");
        foreach (string path in (ReadOnlySpan<string>)[source, target])
            if (!path.StartsWith('/')) throw Invalid(text, $"{path} is not an absolute path");
        return new DeviceSpec(source, target, access);
    }

    private static UsageException Invalid(string text, string problem) =>
        new($"invalid argument \"{text}\" for \"--device\" flag: {problem}", 125);
}
