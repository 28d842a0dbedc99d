using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

namespace Skiff.Agent.Api;

/// <summary>
/// Clients that attach to, or wait for, a container before it is started: they get the next run from its first byte on.
/// </summary>
internal sealed class ContainerRuns
{
    /// <summary>A client that waits for a start.</summary>
    /// <param name="Streams">What it wants of the run's output and input.</param>
    internal sealed record Waiter(AttachStreams Streams)
    {
        /// <summary>The run, once it has begun: of one client the stream, of the others null, who connect themselves.
        /// </summary>
        public TaskCompletionSource<RunStream?> Begun { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>How it has ended, for those who only want to know that.</summary>
        public TaskCompletionSource<RunEnd> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Waiter>> _waiters = [];
    private readonly Dictionary<string, (ushort Rows, ushort Columns)> _sizes = [];

    /// <summary>Waits for the next start.</summary>
    public Waiter Await(string id, AttachStreams streams)
    {
        var waiter = new Waiter(streams);
        lock (_lock)
        {
            if (!_waiters.TryGetValue(id, out List<Waiter>? list)) _waiters.Add(id, list = []);
            list.Add(waiter);
        }
        return waiter;
    }

    /// <summary>Waits no longer.</summary>
    public void Forget(string id, Waiter waiter)
    {
        lock (_lock)
        {
            if (!_waiters.TryGetValue(id, out List<Waiter>? list) || !list.Remove(waiter) || list.Count > 0) return;
            _waiters.Remove(id);
            _sizes.Remove(id);
        }
    }

    /// <summary>The window of a terminal that is still to come.</summary>
    public void SetSize(string id, ushort rows, ushort columns)
    {
        lock (_lock)
            if (_waiters.ContainsKey(id)) _sizes[id] = (rows, columns);
    }

    /// <summary>Starts a container; false when it runs already.</summary>
    /// <exception cref="UsageException">It cannot be started; one that is to be removed at its end is gone.</exception>
    public bool Start(Engine engine, string nameOrId)
    {
        ContainerConfig config = engine.Containers.Find(nameOrId);
        ContainerState state = engine.StateOf(config);
        if (state.Status == "paused") throw UsageException.Conflict(
            "cannot start a paused container, try unpause instead");
        if (state.IsActive) return false;
        MonitorClient client = MonitorClient.Spawn(engine.Roots);
        List<Waiter> waiters = Take(config.Id, out (ushort Rows, ushort Columns) size);
        Waiter? attached = waiters.Find(waiter => waiter.Streams != AttachStreams.None);
        try
        {
            engine.Start(config, client, attached?.Streams ?? AttachStreams.None, size);
        }
        catch (Exception e)
        {
            client.Dispose();
            if (config.AutoRemove) engine.TryRemove(config, withVolumes: true);
            int code = e is UsageException usage ? usage.ExitCode : 125;
            foreach (Waiter waiter in waiters)
            {
                waiter.Ended.TrySetResult(new RunEnd(code, ""));
                waiter.Begun.TrySetResult(null);
            }
            throw code is 126 or 127 ? NotExecuted(e, code) : e;
        }
        Begin(engine, config, client, waiters, attached);
        return true;
    }

    /// <summary>An error of what cannot be executed, in words of which Docker's clients make an exit code.</summary>
    /// <param name="e">The error.</param>
    /// <param name="code">The exit code.</param>
    public static ApiException NotExecuted(Exception e, int code) => new(400, e.Message
        + (code == 127 ? ": executable file not found in $PATH" : code == 126 ? ": permission denied" : ""));

    private static void Begin(
        Engine engine, ContainerConfig config, MonitorClient client, List<Waiter> waiters, Waiter? attached)
    {
        if (waiters.Count == 0)
        {
            client.Dispose();
            return;
        }
        var stream = new RunStream(new ContainerLink(engine, config, client));
        foreach (Waiter waiter in waiters) waiter.Begun.TrySetResult(waiter == attached ? stream : null);
        if (attached is null) _ = WatchAsync(stream, waiters);
        else _ = attached.Ended.Task.ContinueWith(end =>
        {
            foreach (Waiter waiter in waiters) waiter.Ended.TrySetResult(end.Result);
        }, TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>Waits for the end of a run, tells those who want to know, and ends the connection.</summary>
    public static async Task WatchAsync(RunStream stream, List<Waiter> waiters)
    {
        using (stream)
        {
            RunEnd end = await stream.ReceiveAsync(null, CancellationToken.None);
            foreach (Waiter waiter in waiters) waiter.Ended.TrySetResult(end);
        }
    }

    private List<Waiter> Take(string id, out (ushort Rows, ushort Columns) size)
    {
        lock (_lock)
        {
            _sizes.Remove(id, out size);
            return _waiters.Remove(id, out List<Waiter>? list) ? list : [];
        }
    }
}
