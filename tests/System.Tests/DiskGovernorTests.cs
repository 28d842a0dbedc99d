namespace Skiff.System.Tests;

/// <summary>Making room before the disk is full: pins, watermarks, and pulls that cannot fit.</summary>
public sealed class DiskGovernorTests(SkiffHost host)
{
    private string Other => host.Image("busybox:docker");

    [Fact]
    public void Gc_removes_unused_images_but_for_pinned_ones_and_those_of_containers()
    {
        using var disk = new SmallDisk(host, "erofs");
        PullAll(disk);
        Assert.Equal(Other, disk.Run("image", "pin", Other).Text());
        Assert.Equal("true", Pinned(disk, Other));
        disk.Run("create", "--network", "none", host.Busybox, "true").Exits(0);

        var said = disk.Run("system", "gc", "--high", "0%", "--low", "0%", "--dry-run").Exits(0);
        Assert.Contains($"untagged: {host.Probe}", said.Lines);
        Assert.Equal(3, Tags(disk).Count);
        var done = disk.Run("system", "gc", "--high", "0%", "--low", "0%").Exits(0);
        Assert.Equal(said.Lines[..^1], done.Lines[..^1]);
        Assert.Matches(@"^Total reclaimed space: [0-9.]+MB$", done.Lines[^1]);
        Assert.Equal([Other, host.Busybox], Tags(disk));

        // The same bytes have another name in the registry's other format: both are one image.
        disk.Run("image", "unpin", Other).Exits(0);
        Assert.Equal("false", Pinned(disk, Other));
        disk.Run("system", "prune", "-f").Exits(0);
        disk.Run("system", "gc", "--high", "0%", "--low", "0%").Exits(0);
        Assert.Empty(Tags(disk));
        Assert.Contains(" 0 defects", disk.Run("system", "check", "-q").Text());
    }

    [Fact]
    public void Gc_leaves_a_disk_alone_that_is_not_full_enough()
    {
        using var disk = new SmallDisk(host, "overlay");
        PullAll(disk);
        Assert.Equal("Total reclaimed space: 0B", disk.Run("system", "gc").Text());
        Assert.Equal("Total reclaimed space: 0B", disk.Run("system", "gc", "--high", "1m").Text());
        Assert.Equal(3, Tags(disk).Count);
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Agent_with_watermarks_removes_the_image_that_was_unused_for_longest(string store)
    {
        using var disk = new SmallDisk(host, store);
        disk.Run("pull", "-q", host.Probe).Exits(0);
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        MakeOld(disk);
        // Probe has layers of its own, whose removal is enough; busybox was used since.
        string id = disk.Run("create", "--network", "none", host.Busybox, "true").Text();
        disk.Run("rm", id).Exits(0);
        disk.Leave(1000, "blocks");

        using var agent = disk.Start("--gc", "2m,3m", "agent");
        Wait.Until(() => Tags(disk).Count == 1, "the agent removes an image", 30);
        Command.Shell($"kill -TERM {agent.Pid}").Exits(0);
        var ended = agent.Finish().Exits(0);
        Assert.Equal([host.Busybox], Tags(disk));
        Assert.Contains($"disk governor: untagged: {host.Probe}", ended.Error);
    }

    [Fact]
    public void Pull_that_would_fill_the_disk_removes_what_was_unused_for_longest_and_keeps_the_rest()
    {
        using var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Probe).Exits(0);
        disk.Leave(4000, "blocks");
        // Busybox is estimated at more than 3 MB: with it less than 2 MB would be left. But Probe has just been used.
        string[] pull = ["--gc", "2m,3m", "pull", "-q", host.Busybox], remove = ["rmi", host.Busybox];
        Assert.Empty(disk.Run(pull).Exits(0).Error);
        disk.Run(remove).Exits(0);
        MakeOld(disk);
        disk.Run("image", "pin", host.Probe).Exits(0);
        Assert.Empty(disk.Run(pull).Exits(0).Error);
        Assert.Equal([host.Busybox, host.Probe], Tags(disk));

        disk.Run(remove).Exits(0);
        disk.Run("image", "unpin", host.Probe).Exits(0);
        Assert.Empty(disk.Run("pull", "-q", host.Busybox).Exits(0).Error);
        disk.Run(remove).Exits(0);
        Assert.Contains($"making room: untagged: {host.Probe}", disk.Run(pull).Exits(0).Error);
        Assert.Equal([host.Busybox], Tags(disk));
        Assert.Contains(" 0 defects", disk.Run("system", "check", "-q").Text());
    }

    [Fact]
    public void Run_makes_room_for_an_image_that_it_pulls()
    {
        using var disk = new SmallDisk(host, "overlay");
        disk.Run("pull", "-q", host.Probe).Exits(0);
        MakeOld(disk);
        var run = disk.Run("--gc", "0%", "run", "--rm", "--network", "none", host.Busybox, "echo", "it runs").Exits(0);
        Assert.Equal("it runs\n", run.Out);
        Assert.Contains($"making room: untagged: {host.Probe}", run.Error);
        Assert.Equal([host.Busybox], Tags(disk));
    }

    [Fact]
    public void Agent_says_once_that_there_is_nothing_to_remove()
    {
        using var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        using var agent = disk.Start("--gc", "0%", "agent");
        // Its image was used within the last hour.
        Wait.Until(() => disk.Run("ps").ExitCode == 0 && HasLooked(agent), "the agent has looked");
        Command.Shell($"kill -TERM {agent.Pid}").Exits(0);
        var ended = agent.Finish().Exits(0);
        Assert.Single(ended.Error.TrimEnd('\n').Split('\n'), line => line.Contains("no image can be removed"));
        Assert.Equal([host.Busybox], Tags(disk));
    }

    [Theory]
    [InlineData("80%,90%", "above the high one")]
    [InlineData("lots", "invalid watermark \"lots\"", "a size")]
    [InlineData("101%", "expected a percentage in use such as 90%")]
    public void Agent_refuses_watermarks_that_make_no_sense(string marks, params string[] words) =>
        host.Run("--gc", marks, "agent").FailsClearly(125, words);

    [Fact]
    public void Pull_that_cannot_fit_says_so_before_it_downloads()
    {
        using var disk = new SmallDisk(host, "erofs", 32 << 10);
        disk.Run("pull", "-q", host.Debian).FailsClearly(1, "its layers take at least", "MB left", "free some space");
        Assert.Equal(0, disk.Count("ingest"));
        Assert.Equal(16, disk.ReservePieces);
    }

    private void PullAll(SmallDisk disk)
    {
        foreach (string name in (string[])[host.Busybox, Other, host.Probe]) disk.Run("pull", "-q", name).Exits(0);
    }

    private static void MakeOld(SmallDisk disk)
    {
        foreach (string record in disk.Entries("images/ids"))
            File.SetLastWriteTimeUtc(record, DateTime.UtcNow.AddHours(-2));
    }

    // It sleeps in epoll_wait once it has done everything that it begins with.
    private static bool HasLooked(Command agent) =>
        Command.Shell($"cat /proc/{agent.Pid}/wchan").Out.Contains("epoll_wait");

    private static List<string> Tags(SmallDisk disk) =>
        [.. disk.Run("images", "--format", "{{.Repository}}:{{.Tag}}").Text()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    private static string Pinned(SmallDisk disk, string name)
    {
        var lines = disk.Run("images", "--format", "{{.Repository}}:{{.Tag}} {{.Pinned}}").Lines;
        return Assert.Single(lines, line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1];
    }
}
