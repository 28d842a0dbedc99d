using Skiff.Interop;

namespace Skiff.Agent.Manager;

/// <summary>Removal of directory trees with one clear error for all that stays.</summary>
internal static class Trees
{
    /// <summary>Whether what is at <paramref name="path"/> was changed so long ago; no when nothing is there.</summary>
    public static bool IsOlder(string path, TimeSpan age) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.AT_SYMLINK_NOFOLLOW, out FileStatus status) == Errno.None
        && DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(status.MtimeSeconds) >= age;

    /// <summary>Removes a tree; one that is not there is fine.</summary>
    /// <exception cref="LinuxException">Something stays; the first failure, with their number.</exception>
    public static void Remove(string path)
    {
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(path);
        if (failures.Count > 0) throw failures[0].While($"removing {path} ({failures.Count} entries stay)");
    }
}
