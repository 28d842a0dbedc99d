using Skiff.Agent.Images;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>Who waits for whom.</summary>
public sealed class StoreLockTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Holders_share_the_store_and_nobody_gets_it_alone()
    {
        using StoreLock one = StoreLock.Take(_directory.Path, exclusive: false, Fail);
        using StoreLock other = StoreLock.Take(_directory.Path, exclusive: false, Fail);
        Assert.Null(StoreLock.TryTake(_directory.Path));
    }

    [Fact]
    public async Task Who_has_the_store_alone_shares_it_with_nobody()
    {
        StoreLock alone = StoreLock.TryTake(_directory.Path)!;
        Assert.Null(StoreLock.TryTake(_directory.Path));
        using var waiting = new ManualResetEventSlim();
        Task<StoreLock> holder = Task.Run(() => StoreLock.Take(_directory.Path, exclusive: false, waiting.Set));
        Assert.True(waiting.Wait(10_000));
        Assert.False(holder.IsCompleted);
        alone.Dispose();
        using StoreLock taken = await holder.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Null(StoreLock.TryTake(_directory.Path));
    }

    [Fact]
    public async Task Who_wants_the_store_alone_waits_for_every_holder()
    {
        StoreLock one = StoreLock.Take(_directory.Path, exclusive: false);
        StoreLock other = StoreLock.Take(_directory.Path, exclusive: false);
        using var waiting = new ManualResetEventSlim();
        Task<StoreLock> alone = Task.Run(() => StoreLock.Take(_directory.Path, exclusive: true, waiting.Set));
        Assert.True(waiting.Wait(10_000));
        one.Dispose();
        Assert.Null(StoreLock.TryTake(_directory.Path));
        Assert.False(alone.IsCompleted);
        other.Dispose();
        using StoreLock taken = await alone.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Null(StoreLock.TryTake(_directory.Path));
    }

    [Fact]
    public void Locks_of_other_names_are_other_locks()
    {
        using StoreLock alone = StoreLock.Take(_directory.Path, exclusive: true, Fail);
        using StoreLock writing = StoreLock.Take(_directory.Path, exclusive: true, Fail, ".write");
    }

    private static void Fail() => Assert.Fail("had to wait");
}
