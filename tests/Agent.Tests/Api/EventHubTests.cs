using System.Text;
using Skiff.Agent.Api;
using Skiff.Agent.Cli;
using Skiff.Agent.Events;
using Skiff.Agent.Manager;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Api;

/// <summary>One reader of the journal for all.</summary>
public sealed class EventHubTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _directory = new();
    private readonly EventJournal _journal;
    private readonly EventHub _hub;

    public EventHubTests()
    {
        var roots = new StateRoots(_directory.Path, _directory.Path, "overlay");
        (_journal, _hub) = (new EventJournal(roots), new EventHub(roots, static line => Assert.Fail(line)));
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_gets_what_it_wants_of_what_comes()
    {
        _journal.Write("image", "tag", "before");
        EventQueue all = Follow(), tags = Follow("event=tag"), early = _hub.Follow(new EventFilter([]), 0);
        _journal.Write("image", "pull", "one");
        _journal.Write("image", "tag", "two");
        Assert.Equal("one two", await TakeAsync(all, 2));
        Assert.Equal("two", await TakeAsync(tags, 1));
        _hub.Leave(tags);
        _journal.Write("image", "tag", "three");
        Assert.Equal("three", await TakeAsync(all, 1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => early.TakeAsync(new CancellationToken(true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tags.TakeAsync(new CancellationToken(true)));
        Assert.Equal(["before", "one", "two", "three"], _hub.History().Select(e => e.Id));
    }

    [Fact]
    public async Task Who_comes_after_all_others_have_gone_is_told_too()
    {
        for (int round = 0; round < 5; round++)
        {
            EventQueue queue = Follow();
            _journal.Write("image", "tag", $"in{round}");
            var ids = new List<string>();
            while (!ids.Contains($"in{round}")) ids.AddRange(await NextAsync(queue));
            // A reader that was still there may hand over what it had not seen yet.
            Assert.All(ids, id => Assert.True(id == $"in{round}" || id == "for nobody", id));
            _hub.Leave(queue);
            // The reader sees that it is not wanted any more at every other time.
            if (round % 2 == 0) _journal.Write("image", "tag", "for nobody");
        }
    }

    [Fact]
    public async Task Who_does_not_read_is_let_go_and_holds_nobody_up()
    {
        EventQueue idle = Follow(), other = Follow();
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 1000; j++) _journal.Write("image", "tag", $"{i * 1000 + j}");
            await TakeAsync(other, 1000);
        }
        await Assert.ThrowsAsync<IOException>(() => idle.TakeAsync(default).WaitAsync(s_limit));
        _journal.Write("image", "tag", "last");
        Assert.Equal("last", await TakeAsync(other, 1));
    }

    private EventQueue Follow(params string[] filters) => _hub.Follow(new EventFilter(filters), long.MaxValue);

    private static async Task<string> TakeAsync(EventQueue queue, int count)
    {
        var ids = new List<string>();
        while (ids.Count < count) ids.AddRange(await NextAsync(queue));
        Assert.Equal(count, ids.Count);
        return string.Join(' ', ids);
    }

    private static async Task<List<string>> NextAsync(EventQueue queue) =>
        (await queue.TakeAsync(default).WaitAsync(s_limit)).ConvertAll(line => EngineEvent.TryParse(line)!.Id);
}
