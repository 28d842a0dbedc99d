using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>
/// A disk without a free block or inode: whatever makes room still works, and what runs goes on.
/// </summary>
public sealed class FullDiskTests(SkiffHost host)
{
    [Theory]
    [InlineData("erofs", false)]
    [InlineData("erofs", true)]
    [InlineData("overlay", false)]
    [InlineData("overlay", true)]
    public void Everything_can_be_stopped_and_removed_on_a_full_disk(string store, bool inodes)
    {
        using var disk = new SmallDisk(host, store, mkfs: inodes ? ["-N", "1024"] : []);
        FurnishAndFill(disk, inodes);
        Assert.Equal(16, disk.ReservePieces);

        disk.Run("stop", "-t", "0", "running").Exits(0);
        Assert.Contains("Exited (137)", disk.Run("ps", "-a", "--filter", "name=running").Text());
        RemoveEverything(disk);

        disk.Empty();
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        Assert.Equal(16, disk.ReservePieces);
        Assert.Equal("42", disk.Run("run", "--rm", "--network", "none", host.Busybox, "echo", "42").Text());
    }

    [Theory]
    [InlineData("erofs", false)]
    [InlineData("erofs", true)]
    [InlineData("overlay", false)]
    [InlineData("overlay", true)]
    public void Removal_needs_no_reserve(string store, bool inodes)
    {
        using var disk = new SmallDisk(host, store, mkfs: inodes ? ["-N", "1024"] : []);
        FurnishAndFill(disk, inodes, withReserve: false);
        // Its end cannot be recorded, but it ends, and whoever waits for that is told.
        disk.Run("stop", "-t", "0", "running").Exits(0);
        disk.Run("ps", "-a").Exits(0);
        RemoveEverything(disk);
    }

    [Fact]
    public void Reserve_is_made_again_when_there_is_space()
    {
        using var disk = new SmallDisk(host, "erofs");
        FurnishAndFill(disk, inodes: false);
        disk.Run("stop", "-t", "0", "running").Exits(0);
        Assert.InRange(disk.ReservePieces, 1, 15);
        disk.Empty();
        disk.Run("rm", "running").Exits(0);
        Assert.Equal(16, disk.ReservePieces);
    }

    [Fact]
    public void Images_can_be_removed_on_a_disk_that_was_full_at_boot()
    {
        using var disk = new SmallDisk(host, store: null);
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        Directory.Delete(Path.Combine(disk.Root, "reserve"), true);
        disk.Fill();
        // Nothing volatile is left after a boot, not even what layers the kernel can mount.
        disk.RunRoot = host.NewFolder();
        disk.Run("rmi", host.Busybox).Exits(0);
        Assert.Equal(0, disk.Count("layers"));
    }

    [Fact]
    public void Container_that_prints_on_a_full_disk_goes_on_and_its_log_says_what_is_missing()
    {
        using var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        disk.Run("run", "-d", "--name", "talker", "--network", "none", "-v", host.NewFolder() + ":/ticks", host.Busybox,
            "sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i; echo $i > /ticks/last; sleep 0.02; done").Exits(0);
        var ticks = JsonNode.Parse(disk.Run("inspect", "talker").Text())![0]!["Mounts"]![0]!["Source"]!.ToString();
        disk.Fill();
        int seen = 0;
        // Between two writes the file is empty.
        Wait.Until(() => (seen = Last(ticks)) > 0, "the container prints");
        // A record is small: the block that the log has already takes a few more.
        Wait.Until(() => Last(ticks) > seen + 250, "the container prints on a full disk", 120);
        Assert.Equal("running", disk.Run("inspect", "--format", "{{.State.Status}}", "talker").Text());
        disk.Empty();
        Wait.Until(() => disk.Run("logs", "talker").Error.Contains("are missing here"), "the log tells of the gap");

        var logs = disk.Run("logs", "talker").Exits(0);
        Assert.Matches(@"skiff: \d+ bytes of the log are missing here: write.*ENOSPC", logs.Error);
        var lines = logs.Lines.Select(line => int.Parse(line["line ".Length..])).ToList();
        Assert.Equal(lines.Order().Distinct(), lines);
        Assert.True(lines[^1] > lines.Count, "some lines are missing");
    }

    private static int Last(string ticks) =>
        File.Exists($"{ticks}/last") && int.TryParse(File.ReadAllText($"{ticks}/last"), out int last) ? last : 0;

    private void FurnishAndFill(SmallDisk disk, bool inodes, bool withReserve = true)
    {
        foreach (string name in (string[])["busybox:latest", "busybox:docker", "probe:latest"])
            disk.Run("pull", "-q", host.Image(name)).Exits(0);
        string[] quiet = ["--network", "none", host.Busybox];
        disk.Run(["run", "-d", "--name", "running", .. quiet, "sleep", "1000"]).Exits(0);
        disk.Run(["run", "-d", "--name", "other", "-v", "/a", "-v", "named:/n", .. quiet, "sleep", "1000"]).Exits(0);
        disk.Run(["run", "-d", "--name", "passing", "--rm", "-v", "/a", .. quiet, "sleep", "1000"]).Exits(0);
        disk.Run(["run", "--name", "ended", .. quiet, "true"]).Exits(0);
        disk.Run(["create", "--name", "created", .. quiet, "true"]).Exits(0);
        disk.Run("volume", "create", "unused").Exits(0);
        if (!withReserve) Directory.Delete(Path.Combine(disk.Root, "reserve"), true);
        if (inodes) disk.FillInodes();
        else disk.Fill();
    }

    private void RemoveEverything(SmallDisk disk)
    {
        disk.Run("rm", "running").Exits(0);
        disk.Run("rm", "-f", "-v", "other").Exits(0);
        disk.Run("stop", "-t", "0", "passing").Exits(0);
        disk.Run("volume", "rm", "unused", "named").Exits(0);
        disk.Run("rmi", host.Image("busybox:docker")).Exits(0);
        disk.Run("system", "prune", "-af").Exits(0);
        Assert.Empty(disk.Run("ps", "-aq").Text());
        Assert.Empty(disk.Run("images", "-q").Text());
        foreach (string folder in (string[])["layers", "ingest", "content/sha256", "images/ids", "images/names",
            "containers/names", "volumes"])
            Assert.True(disk.Count(folder) == 0, $"left in {folder}");
        Assert.Contains(" 0 defects", disk.Run("system", "check", "-q").Text());
    }
}
