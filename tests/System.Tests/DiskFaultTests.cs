namespace Skiff.System.Tests;

/// <summary>
/// A pull whose disk gives out at any point: with a filesystem that has one block or inode more each time, and with
/// each call that stores something failing in turn.
/// </summary>
public sealed class DiskFaultTests(SkiffHost host, ITestOutputHelper output) : IDisposable
{
    private readonly SmallImage _image = new();

    public void Dispose() => _image.Dispose();

    [Theory]
    [InlineData("erofs", "blocks")]
    [InlineData("overlay", "blocks")]
    [InlineData("erofs", "inodes")]
    [InlineData("overlay", "inodes")]
    public void Pull_fails_clearly_and_leaves_nothing_however_little_space_there_is(string store, string what)
    {
        using var disk = new SmallDisk(host, store, 12 << 10, "-b", "4096", "-N", "512");
        var sweep = new PullSweep(disk, _image.Name);
        sweep.Prepare();
        (int first, int step) = PullSweep.Stride(what == "blocks" ? 12 : 5);
        for (int free = first; ; free += step)
        {
            disk.Leave(free, what);
            var pull = disk.Run("pull", "-q", _image.Name);
            disk.Empty();
            if (pull.ExitCode == 0)
            {
                sweep.PullAndRemove(pull.ToString());
                break;
            }
            sweep.AssertFailed(pull, "ENOSPC (No space left on device)", "free some space");
            sweep.PullAndRemove(pull.ToString());
        }
        Assert.True(sweep.Points > 0, "the pull went through without space");
        output.WriteLine($"{sweep.Points} points of free {what}, {store} store");
    }

    [Theory]
    [InlineData("erofs", "ENOSPC", "free some space")]
    [InlineData("overlay", "ENOSPC", "free some space")]
    [InlineData("erofs", "EDQUOT", "quota")]
    [InlineData("overlay", "EDQUOT", "quota")]
    [InlineData("erofs", "EIO", "dmesg")]
    [InlineData("overlay", "EIO", "dmesg")]
    public void Pull_fails_clearly_and_leaves_nothing_whichever_call_fails(string store, string errno, string advice)
    {
        using var disk = new SmallDisk(host, store, 12 << 10);
        var sweep = new PullSweep(disk, _image.Name);
        sweep.Prepare();
        (int first, int step) = PullSweep.Stride(9);
        for (int call = first + 1; ; call += step)
        {
            var (pull, fault) = disk.RunWithFault(call, errno, "pull", "-q", _image.Name);
            if (fault == "-") break;
            CommandResult named = pull with { Line = $"{pull.Line}, where {fault} fails" };
            if (PullSweep.IsHarmless(fault)) sweep.AssertSucceeded(named);
            else sweep.AssertFailed(named, errno, advice);
            sweep.PullAndRemove($"call {call}, {fault}, failed with {errno}");
        }
        Assert.True(sweep.Points > 0, "no call was made to fail");
        output.WriteLine($"{sweep.Points} calls failed with {errno}, {store} store");
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Pull_that_is_killed_at_any_call_leaves_nothing_that_the_next_one_minds(string store)
    {
        using var disk = new SmallDisk(host, store, 12 << 10);
        var sweep = new PullSweep(disk, _image.Name);
        sweep.Prepare();
        int points = 0;
        (int first, int step) = PullSweep.Stride(9);
        for (int call = first + 1; ; call += step)
        {
            var (pull, fault) = disk.RunWithFault(call, "KILL", "pull", "-q", _image.Name);
            if (fault == "-") break;
            points++;
            pull.Exits(137);
            sweep.AssertCheckIsClean($"death at call {call}, {fault}");
            sweep.PullAndRemove($"death at call {call}, {fault}");
        }
        Assert.True(points > 0, "no call was the last one");
        output.WriteLine($"{points} calls were the last ones, {store} store");
    }
}
