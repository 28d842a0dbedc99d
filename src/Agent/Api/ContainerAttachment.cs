using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

namespace Skiff.Agent.Api;

/// <summary>ContainerAttach and ContainerResize.</summary>
internal static class ContainerAttachment
{
    private const int MaxInputBytes = 32 << 10;

    // Before it, a WebSocket had all streams.
    private static readonly Version s_withStreams = new(1, 42);

    /// <summary>POST /containers/{id}/attach.</summary>
    public static Task Attach(ApiServer server, Exchange x) => AttachAsync(server, x, bySocket: false);

    /// <summary>GET /containers/{id}/attach/ws: output comes as it is, both streams alike, as with Docker.</summary>
    public static Task AttachWebSocket(ApiServer server, Exchange x)
    {
        WebSocketStream.Check(x);
        return AttachAsync(server, x, bySocket: true);
    }

    private static async Task AttachAsync(ApiServer server, Exchange x, bool bySocket)
    {
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        ContainerState state = engine.StateOf(config);
        Query query = x.Request.Query;
        AttachStreams streams = StreamsOf(query, config, all: bySocket && x.Version < s_withStreams);
        DetachKeys? keys = config.Tty ? new DetachKeys(DetachKeys.Parse(
            query.Value("detachKeys") is { Length: > 0 } given ? given : "ctrl-p,ctrl-q")) : null;
        if (state.Status == "paused") throw UsageException.Conflict(
            $"container {config.Id} is paused, unpause the container before attach");
        await x.ReadBodyAsync(0);
        // Waited for before the client is told that it is attached: it may start the container at once.
        bool stream = query.Flag("stream");
        RunStream? run = stream ? RunStream.TryOpen(engine, config, state) : null;
        ContainerRuns.Waiter? waiter = stream && run is null ? server.Runs.Await(config.Id, streams) : null;
        try
        {
            WebSocketStream? socket = bySocket ? await WebSocketStream.AcceptAsync(x) : null;
            Duplex duplex = socket is not null ? new Duplex(PipeReader.Create(socket), socket)
                : await x.HijackAsync(OutputFrames.MediaType(config.Tty, x.Version));
            var frames = new OutputFrames(duplex.Output, config.Tty || bySocket);
            if (query.Flag("logs")) await LogStreaming.ReplayAsync(engine, config, frames, streams);
            if (run is not null) await JoinAsync(run, engine, config, streams);
            if (waiter is not null) run = await BegunAsync(server, engine, config, waiter, x.Gone);
            if (run is not null)
            {
                bool ends = await PumpAsync(
                    run, waiter, duplex, frames, streams, keys, halfCloses: !bySocket, x.Gone);
                // Others may wait for the end, which comes by this connection.
                if (!ends && waiter is not null)
                {
                    _ = ContainerRuns.WatchAsync(run, [waiter]);
                    run = null;
                }
            }
            if (socket is not null) await socket.CloseAsync();
        }
        finally
        {
            run?.Dispose();
            if (waiter is not null) server.Runs.Forget(config.Id, waiter);
        }
    }

    private static AttachStreams StreamsOf(Query query, ContainerConfig config, bool all) =>
        ((all || query.Flag("stdin")) && config.OpenStdin ? AttachStreams.Stdin : 0)
            | (all || query.Flag("stdout") ? AttachStreams.Stdout : 0)
            | (all || query.Flag("stderr") ? AttachStreams.Stderr : 0);

    /// <summary>POST /containers/{id}/resize.</summary>
    public static async Task Resize(ApiServer server, Exchange x)
    {
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        (ushort rows, ushort columns) = Size(x);
        using RunStream? run = RunStream.TryOpen(engine, config, engine.StateOf(config));
        if (run is null) server.Runs.SetSize(config.Id, rows, columns);
        else await run.SendAsync(Packet.Size(PacketType.Resize, rows, columns));
        await x.EmptyAsync(200);
    }

    /// <summary>The window that a request names.</summary>
    public static (ushort Rows, ushort Columns) Size(Exchange x)
    {
        return (Of("h"), Of("w"));

        ushort Of(string name) => ushort.TryParse(x.Request.Query.Value(name), out ushort cells) ? cells
            : throw ApiException.Bad($"invalid {name}: \"{x.Request.Query.Value(name)}\": has to be a number of cells");
    }

    private static async Task JoinAsync(RunStream run, Engine engine, ContainerConfig config, AttachStreams streams)
    {
        byte[] subscribe = MonitorClient.AttachPacket(streams);
        run.Remember(subscribe);
        await run.SendAsync(subscribe);
        engine.Events.Write(config, "attach");
    }

    // Null when the start fails. What is typed ahead stays, and the end of all input is no reason to leave.
    private static async Task<RunStream?> BegunAsync(ApiServer server, Engine engine, ContainerConfig config,
        ContainerRuns.Waiter waiter, CancellationToken gone)
    {
        RunStream? run = await waiter.Begun.Task.WaitAsync(gone);
        if (run is not null || waiter.Ended.Task.IsCompleted) return run;
        run = RunStream.TryOpen(engine, config, engine.StateOf(config));
        if (run is not null) await JoinAsync(run, engine, config, waiter.Streams);
        return run;
    }

    // Output until the run ends, or until somebody leaves by the keys; input beside. A WebSocket has no half that can
    // be closed: who closes it has left. False when the run goes on.
    private static async Task<bool> PumpAsync(RunStream run, ContainerRuns.Waiter? waiter, Duplex duplex,
        OutputFrames frames, AttachStreams streams, DetachKeys? keys, bool halfCloses, CancellationToken gone)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(gone);
        Task feeding = FeedAsync(run, duplex.Input, streams.HasFlag(AttachStreams.Stdin), keys, halfCloses, left);
        try
        {
            RunEnd end = await run.ReceiveAsync(frames.WriteAsync, left.Token);
            waiter?.Ended.TrySetResult(end);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return false;
        }
        finally
        {
            await left.CancelAsync();
            await feeding;
        }
    }

    private static async Task FeedAsync(RunStream run, PipeReader input, bool wanted, DetachKeys? keys,
        bool halfCloses, CancellationTokenSource left)
    {
        var onward = new List<byte>();
        try
        {
            while (true)
            {
                ReadResult result = await input.ReadAsync(left.Token);
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                    for (int at = 0; wanted && at < segment.Length; at += MaxInputBytes)
                    {
                        ReadOnlyMemory<byte> piece = segment.Slice(at, Math.Min(MaxInputBytes, segment.Length - at));
                        onward.Clear();
                        bool leaves = keys is not null && keys.Take(piece.Span, onward);
                        ReadOnlySpan<byte> bytes = keys is null ? piece.Span : CollectionsMarshal.AsSpan(onward);
                        if (bytes.Length > 0) await run.SendAsync(
                            Packet.Of(PacketType.Stdin, bytes), left.Token);
                        if (leaves)
                        {
                            await left.CancelAsync();
                            return;
                        }
                    }
                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) break;
            }
            if (wanted) await run.SendAsync(new byte[] { (byte)PacketType.StdinEnd }, left.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The run is over, or the client has gone; its output will say so.
        }
        if (!halfCloses) await left.CancelAsync();
    }
}
