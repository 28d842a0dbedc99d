using System.Text.RegularExpressions;

namespace Skiff.System.Tests;

/// <summary>
/// Pulls of one image that something goes wrong with, one point after the other; after each, what a user can rely on is
/// looked at, and the image is pulled in peace and removed again.
/// </summary>
/// <param name="disk">Where the engine's root is.</param>
/// <param name="image">What is pulled.</param>
public sealed class PullSweep(SmallDisk disk, string image)
{
    /// <summary>Points tried.</summary>
    public int Points { get; private set; }

    /// <summary>
    /// How many points to pass over after each one: with SKIFF_SWEEP=full none, else so many that the tests stay short.
    /// The first point is then a different one each time; a failure names its number.
    /// </summary>
    public static (int First, int Step) Stride(int step)
    {
        if (Environment.GetEnvironmentVariable("SKIFF_SWEEP") == "full") return (0, 1);
        return (Random.Shared.Next(step), step);
    }

    /// <summary>Pulls once and removes the image, so that what is made only once is there.</summary>
    public void Prepare()
    {
        disk.Run("pull", "-q", image).Exits(0);
        Remove();
        Assert.Equal(16, disk.ReservePieces);
    }

    /// <summary>
    /// After a pull that could not store something: one clear sentence, no trace but what the next pull can use.
    /// </summary>
    public void AssertFailed(CommandResult pull, string errno, string advice)
    {
        Points++;
        pull.FailsClearly(1, "skiff: pull " + image + ": ", advice);
        // Where its layers cannot fit, it does not get as far as a call that fails.
        Assert.True(pull.Error.Contains(errno) || pull.Error.Contains("its layers take at least"),
            $"the error lacks {errno}: {pull}");
        Assert.True(pull.Error.TrimEnd('\n').Count(c => c == '\n') == 0, $"more than one line: {pull}");
        Assert.True(pull.Error.Contains(disk.Root, StringComparison.Ordinal), $"the error names no path: {pull}");
        AssertClean(pull.ToString());
        Assert.True(disk.ReservePieces == 16, $"a pull has eaten of the reserve: {pull}");
    }

    /// <summary>Whether a pull does without what a call would have stored: a new stamp, when all is there.</summary>
    /// <param name="fault">The call and its path.</param>
    public static bool IsHarmless(string fault) => !fault.StartsWith("unlink", StringComparison.Ordinal)
        && fault.EndsWith("/images/.stamp", StringComparison.Ordinal);

    /// <summary>After a pull that could do without what it could not store: the image is there, and listed.</summary>
    public void AssertSucceeded(CommandResult pull)
    {
        Points++;
        pull.Exits(0);
        Assert.Single(disk.Run("images", "-q").Text().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        AssertCheckIsClean(pull.ToString());
        disk.Run("rmi", image).Exits(0);
        Assert.Equal("", disk.Run("images", "-q").Text());
    }

    /// <summary>Nothing of the image is visible, and nothing is left that nobody would use or remove.</summary>
    public void AssertClean(string after)
    {
        Assert.True(disk.Run("images", "-q").Text() == "", $"an image is visible after {after}");
        AssertCheckIsClean(after);
        foreach (string path in Directory.EnumerateFileSystemEntries(disk.Root, "*", SearchOption.AllDirectories))
            Assert.True(!IsLeftover(Path.GetRelativePath(disk.Root, path)), $"left behind: {path}, after {after}");
    }

    /// <summary>`system check` finds no defect.</summary>
    public void AssertCheckIsClean(string after)
    {
        var check = disk.Run("system", "check", "-q");
        Assert.True(check.ExitCode == 0 && check.Out.Contains(" 0 defects"), $"{check}\nafter {after}");
    }

    /// <summary>Space is back: the pull goes through, everything is whole, and everything can be removed.</summary>
    public void PullAndRemove(string after)
    {
        var pull = disk.Run("pull", "-q", image);
        Assert.True(pull.ExitCode == 0, $"{pull}\nafter {after}");
        AssertCheckIsClean(after);
        Remove();
    }

    private void Remove()
    {
        disk.Run("rmi", image).Exits(0);
        foreach (string folder in (string[])["layers", "ingest", "content/sha256", "images/ids", "images/names"])
            Assert.True(disk.Count(folder) == 0, $"left in {folder} after rmi");
    }

    // A layer that is complete, and one that can be taken up again, are no leftovers: the next pull uses them.
    private static bool IsLeftover(string path) =>
        Regex.IsMatch(path, @"^ingest/(?!partial-)|^content/sha256/.|^images/(ids|names)/.|\.tmp$");
}
