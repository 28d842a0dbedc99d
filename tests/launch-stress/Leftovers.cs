using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.LaunchStress;

/// <summary>
/// What a launch could leave behind, counted in /proc. Namespaces are not counted: what holds one is a process, which
/// would keep its cgroup, or a descriptor or a mount; and other tests on this host make and remove theirs meanwhile.
/// </summary>
/// <param name="Children">Children of this process, zombies included.</param>
/// <param name="Descriptors">Descriptors that are no ordinary file: pidfds, mounts, namespaces, sockets, directories of
/// cgroups.</param>
/// <param name="Mounts">Mounts of this process' mount namespace.</param>
/// <param name="Cgroups">Stress cgroups of this process.</param>
public readonly record struct Leftovers(int Children, int Descriptors, int Mounts, int Cgroups)
{
    /// <summary>Counts now.</summary>
    public static Leftovers Count() => new(
        CountChildren(), CountDescriptors(), File.ReadAllLines("/proc/self/mountinfo").Length,
        Directory.GetDirectories(CgroupHierarchy.Detect().Root, $"skiff-stress-{Environment.ProcessId}*").Length);

    /// <summary>Whether there is more of anything. Less is fine: others on the host may have ended meanwhile.</summary>
    public bool Exceeds(Leftovers before) => Children > before.Children || Descriptors > before.Descriptors
        || Mounts > before.Mounts || Cgroups > before.Cgroups;

    private static int CountChildren()
    {
        int count = 0;
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
            if (TryRead($"{task}/children") is { } children)
                count += children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        return count;
    }

    // The runtime opens assemblies when it likes; those are ordinary files outside of cgroupfs.
    private static int CountDescriptors()
    {
        int count = 0;
        foreach (string entry in Directory.GetFileSystemEntries("/proc/self/fd"))
            if (Files.TryReadLink(entry, out string target)
                && (!target.StartsWith('/') || target.StartsWith("/sys/fs/cgroup", StringComparison.Ordinal)))
                count++;
        return count;
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null; // The thread has ended since it was listed.
        }
    }
}
