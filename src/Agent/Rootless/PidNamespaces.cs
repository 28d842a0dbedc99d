using System.Globalization;
using Skiff.Interop;

namespace Skiff.Agent.Rootless;

/// <summary>The processes of a container that has no cgroup to name them.</summary>
internal static class PidNamespaces
{
    /// <summary>Those in the PID namespace of a process, as this process numbers them.</summary>
    public static IReadOnlyList<int> ProcessesWith(int pid)
    {
        var pids = new List<int>();
        if (!Files.TryReadLink($"/proc/{pid}/ns/pid", out string wanted)) return pids;
        Files.TryListDirectory("/proc", out List<string> names);
        foreach (string name in names)
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int other)
                && Files.TryReadLink($"/proc/{other}/ns/pid", out string found) && found == wanted) pids.Add(other);
        return pids;
    }
}
