using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>
/// What a layer must not touch: a directory of bait beside the state roots, known files of the host, and the names that
/// the attacks would make. A change of anything, be it a time, shows.
/// </summary>
internal sealed class Outside
{
    /// <summary>From the root of a layer that the overlay store is extracting to the bait.</summary>
    internal const string FromLayer = "../../../../outside";

    private static readonly string[] s_host = ["/etc/passwd", "/etc/shadow", "/etc/group", "/root", "/bin"];

    private static readonly string[] s_targets =
        ["/outside", "/tmp/outside", "/etc/outside", "/root/outside", "/dev/outside", "/proc/outside", "/sys/outside"];

    private readonly string _base;
    private readonly string _before;

    internal Outside(string directory)
    {
        _base = directory;
        string bait = Path.Combine(directory, "outside");
        Directory.CreateDirectory(Path.Combine(bait, "d", "deep"));
        foreach (string name in (string[])["f", "victim", "d/f", "d/deep/f", ".wh.f"])
            File.WriteAllText(Path.Combine(bait, name), "untouched");
        File.CreateSymbolicLink(Path.Combine(bait, "link"), "victim");
        _before = Look();
    }

    internal void AssertUntouched()
    {
        Assert.Equal(_before, Look());
        foreach (string target in s_targets) Assert.False(Path.Exists(target), $"{target} was made");
        string[] known = ["outside", "root", "run"];
        Assert.Empty(Directory.GetFileSystemEntries(_base).Select(Path.GetFileName).Except(known));
    }

    // Type, mode, owner, links, size, change time, target. The time of access changes when something is only read.
    private string Look() => Shell.Run(
        "find", [Path.Combine(_base, "outside"), "-printf", "%p %y %m %U:%G %n %s %T@ %C@ %l\n"])
        + Shell.Run("find", [.. s_host, "-maxdepth", "0", "-printf", "%p %y %m %U:%G %s %T@ %C@ %l\n"]);
}
