namespace Skiff.System.Tests;

/// <summary>A pull that goes on where an earlier one was cut off, in a root of its own.</summary>
public sealed class ResumeTests : IDisposable
{
    private const long HeldAt = 24_000_000;

    // What is fetched twice at most: what was on its way through the pipes, and the last step between two places.
    private const long Slack = 8_000_000;

    private readonly SkiffHost _host;
    private readonly HoldingProxy _proxy;
    private readonly string _root;
    private readonly string _image;
    private string _store = "";

    public ResumeTests(SkiffHost host)
    {
        _host = host;
        _proxy = new HoldingProxy(host.RegistryPort);
        _root = Path.Combine(host.NewFolder(), "root");
        _image = $"127.0.0.1:{_proxy.Port}/debian:bookworm";
    }

    public void Dispose() => _proxy.Dispose();

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Layer_that_somebody_downloads_is_waited_for(string store)
    {
        _store = store;
        using Command first = Start("pull", _image);
        WaitUntilHeld(first);
        // Nothing but the first pull keeps this one from the registry.
        using Command second = Start("pull", _host.Debian);
        Wait.Until(() => IsWaiting(second), "the second pull's wait");
        _proxy.HoldAfter(long.MaxValue);
        Assert.Contains("Pull complete", first.Finish().Exits(0).Out);
        Assert.Contains("Already exists", second.Finish().Exits(0).Out);
        Run("system", "check").Exits(0);
    }

    [Fact]
    public void Pull_that_waits_takes_over_when_the_one_that_it_waits_for_ends()
    {
        _store = "erofs";
        using Command first = Start("pull", _image);
        WaitUntilHeld(first);
        using Command second = Start("pull", _host.Debian);
        Wait.Until(() => IsWaiting(second), "the second pull's wait");
        Command.Shell($"kill -INT {first.Pid}").Exits(0);
        first.Finish().Exits(130);
        CommandResult taken = second.Finish().Exits(0);
        Assert.Contains("Resuming at", taken.Out);
        Assert.Contains("Pull complete", taken.Out);
    }

    // Whoever waits for a layer has the file of claims open, and no part of the layer.
    private static bool IsWaiting(Command pull) => Array.Exists(Directory.GetFiles($"/proc/{pull.Pid}/fd"), fd =>
    {
        try
        {
            return File.ResolveLinkTarget(fd, false)?.Name == ".pulls";
        }
        catch (IOException)
        {
            return false; // It was just closed.
        }
    });

    [Theory]
    [InlineData("erofs", "INT", 130)]
    [InlineData("overlay", "TERM", 143)]
    public void Pull_that_a_signal_ends_is_taken_up_by_the_next_one(string store, string signal, int code)
    {
        _store = store;
        using var pull = Start("pull", _image);
        WaitUntilHeld(pull);
        Command.Shell($"kill -{signal} {pull.Pid}").Exits(0);
        var ended = pull.Finish();
        Assert.True(ended.Error.Contains("interrupted", StringComparison.Ordinal), ended.ToString());
        ended.Exits(code);
        AssertOnlyTheRestIsFetched();
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Pull_that_is_killed_is_taken_up_from_what_it_noted_last(string store)
    {
        _store = store;
        _proxy.HoldAfter(HeldAt / 2);
        using var pull = Start("pull", _image);
        Wait.Until(() => _proxy.Passed > (HeldAt / 2) - (64 << 10), "the first half");
        // A pull notes how far it is every five seconds, when more bytes come.
        Thread.Sleep(TimeSpan.FromSeconds(6));
        WaitUntilHeld(pull);
        Wait.Until(() => Directory.EnumerateFiles(Path.Combine(_root, "ingest"), "resume", SearchOption.AllDirectories)
            .Any(), "the note of how far the pull is");
        Command.Shell($"kill -KILL {pull.Pid}").Exits(0);
        pull.Finish().Exits(137);
        // The note is as old as the first bytes after the five seconds.
        AssertOnlyTheRestIsFetched(HeldAt / 2);
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Cut_off_download_is_shown_by_df_and_removed_by_prune(string store)
    {
        _store = store;
        using var pull = Start("pull", _image);
        WaitUntilHeld(pull);
        Command.Shell($"kill -INT {pull.Pid}").Exits(0);
        pull.Finish().Exits(130);
        string row = Run("system", "df", "--format", "{{.Type}}={{.TotalCount}}").Exits(0).Lines[^1];
        Assert.Equal("Partial Downloads=1", row);
        Run("system", "check").Exits(0);
        Run("image", "prune", "-f").Exits(0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root, "ingest")));
    }

    private void AssertOnlyTheRestIsFetched(long older = 0)
    {
        long before = _proxy.Passed;
        _proxy.HoldAfter(long.MaxValue);
        Assert.Contains("Resuming at", Run("pull", _image).Text());
        long rest = _proxy.Passed - before;
        Run("system", "check").Exits(0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root, "ingest")));
        Run("rmi", _image).Exits(0);
        before = _proxy.Passed;
        Run("pull", "-q", _image).Exits(0);
        long whole = _proxy.Passed - before;
        Assert.InRange(rest, 1, whole - HeldAt + older + Slack);
    }

    private void WaitUntilHeld(Command pull)
    {
        _proxy.HoldAfter(HeldAt);
        Wait.Until(() => _proxy.Passed > HeldAt - (64 << 10), "the bytes before the hold", limitSeconds: 30);
        Wait.Until(_proxy.IsRead, "the pull to read what has come");
        Assert.False(pull.HasExited, "the pull ended before it was cut off");
    }

    private Command Start(params string[] arguments) => Command.Start(
        _host.Binary, ["--root", _root, "--run-root", _root + "-run", "--snapshotter", _store, .. arguments]);

    private CommandResult Run(params string[] arguments)
    {
        using var command = Start(arguments);
        return command.Finish();
    }
}
