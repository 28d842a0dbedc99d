using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Api;

/// <summary>
/// A process that runs in a container for a client: its output goes to the client, the client's bytes to it. On threads
/// of its own, since pipes and terminals have to be waited for.
/// </summary>
internal sealed class ExecStreams
{
    private const int BufferBytes = 32 << 10;
    private const int PipeBytes = 64 << 10;

    private readonly ExecRecord _record;
    private readonly MonitorClient _client;
    private readonly List<(Fd Fd, int Stream)> _outputs = [];
    private Fd? _input;
    private volatile bool _isGone;
    private int _parted;

    private ExecStreams(ExecRecord record, MonitorClient client) => (_record, _client) = (record, client);

    /// <summary>Starts the process.</summary>
    /// <exception cref="UsageException">It cannot be started; the record then has its exit code.</exception>
    public static ExecStreams Start(Engine engine, ExecRecord record, bool detach)
    {
        MonitorClient client = MonitorClient.TryConnect(engine.Containers, record.Container.Id)
            ?? throw new ApiException(409, $"container {record.Container.Id} is not running");
        var streams = new ExecStreams(record, client);
        try
        {
            streams.Begin(detach);
            return streams;
        }
        catch (UsageException e)
        {
            streams.End(e.ExitCode);
            throw ContainerRuns.NotExecuted(e, e.ExitCode);
        }
        catch
        {
            streams.End(126);
            throw;
        }
    }

    /// <summary>Moves bytes until the process ends.</summary>
    /// <param name="client">The client; null when it waits for nothing.</param>
    /// <param name="frames">To the client.</param>
    /// <param name="left">Called when the client leaves by the keys; the process goes on.</param>
    public void Run(Duplex? client, OutputFrames? frames, Action left)
    {
        int code = 137; // The container, or its monitor, ended while it ran.
        using var ended = new CancellationTokenSource();
        Thread? feeder = null;
        try
        {
            if (client is { } duplex)
            {
                feeder = new Thread(() => Feed(duplex.Input, left, ended.Token)) { IsBackground = true };
                feeder.Start();
            }
            code = Copy(frames, Leave) ?? code;
        }
        finally
        {
            ended.Cancel();
            feeder?.Join();
            End(code);
        }

        // It reads no more: that is also the end of what it sends.
        void Leave()
        {
            _isGone = true;
            ended.Cancel();
            Part(left);
        }
    }

    // The client's connection is free when neither output nor input has a use for it.
    private void Part(Action left)
    {
        if (Interlocked.Increment(ref _parted) == 2) left();
    }

    private void Begin(bool detach)
    {
        ExecRequest request = _record.Request with { Rows = _record.Size.Rows, Columns = _record.Size.Columns };
        using Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR);
        if (request.Tty)
        {
            _client.Send(MessageFormat.Pack(request), [nothing.Number, nothing.Number, nothing.Number]);
            Fd terminal = _client.ReceiveTerminal(out int pid);
            _record.Pid = pid;
            _record.Joined(terminal);
            _outputs.Add((terminal, 1));
            if (!detach && _record.Streams.HasFlag(AttachStreams.Stdin)) _input = terminal;
            return;
        }
        using Fd? stdin = !detach && _record.Streams.HasFlag(AttachStreams.Stdin) ? Input() : null;
        using Fd? stdout = !detach && _record.Streams.HasFlag(AttachStreams.Stdout) ? Output(1) : null;
        using Fd? stderr = !detach && _record.Streams.HasFlag(AttachStreams.Stderr) ? Output(2) : null;
        _client.Send(MessageFormat.Pack(request),
            [(stdin ?? nothing).Number, (stdout ?? nothing).Number, (stderr ?? nothing).Number]);
        _record.Pid = _client.WaitStarted();
    }

    private Fd Input()
    {
        (Fd read, Fd write) = Files.Pipe();
        _input = write;
        return read;
    }

    private Fd Output(int stream)
    {
        (Fd read, Fd write) = Files.Pipe();
        _outputs.Add((read, stream));
        return write;
    }

    // Until the process has ended and all that it wrote is read; what others still hold open is not waited for. The
    // exit code, or null.
    private int? Copy(OutputFrames? frames, Action leave)
    {
        const ulong monitor = ulong.MaxValue;
        using var epoll = new Epoll();
        epoll.Add(_client.Socket.Fd, EpollEvents.EPOLLIN, monitor);
        for (int i = 0; i < _outputs.Count; i++) epoll.Add(_outputs[i].Fd, EpollEvents.EPOLLIN, (ulong)i);
        byte[] buffer = new byte[BufferBytes];
        Span<EpollEvent> events = stackalloc EpollEvent[4];
        while (true)
        {
            int count = epoll.Wait(events, -1);
            for (int i = 0; i < count; i++)
            {
                if (events[i].Data == monitor) return EndOf(frames, buffer, leave);
                (Fd Fd, int Stream) output = _outputs[(int)events[i].Data];
                if (!TryCopy(output, buffer, frames, leave)) epoll.Remove(output.Fd);
            }
        }
    }

    private int? EndOf(OutputFrames? frames, byte[] buffer, Action leave)
    {
        int? code = _client.WaitExited(-1, out int exit) ? exit : null;
        // A pipe holds no more than this of what the process itself has written.
        foreach ((Fd Fd, int Stream) output in _outputs)
            for (int left = PipeBytes; left > 0 && HasMore(output.Fd) && TryCopy(output, buffer, frames, leave);)
                left -= buffer.Length;
        return code;
    }

    private static bool HasMore(Fd fd) => Files.Poll(fd, PollEvents.POLLIN, 0).HasFlag(PollEvents.POLLIN);

    // False at the end. A client that has gone has its bytes thrown away: the process must not wait for it.
    private bool TryCopy((Fd Fd, int Stream) output, byte[] buffer, OutputFrames? frames, Action leave)
    {
        if (Files.TryRead(output.Fd, buffer, out int count) != Errno.None || count == 0) return false;
        try
        {
            if (!_isGone)
                frames?.WriteAsync(output.Stream, buffer.AsMemory(0, count)).AsTask().GetAwaiter().GetResult();
        }
        catch (IOException)
        {
            leave();
        }
        return true;
    }

    private void Feed(PipeReader reader, Action left, CancellationToken ended)
    {
        DetachKeys? keys = _record.Request.Tty ? new DetachKeys(DetachKeys.Parse(
            _record.DetachKeys.Length > 0 ? _record.DetachKeys : "ctrl-p,ctrl-q")) : null;
        var onward = new List<byte>();
        try
        {
            while (true)
            {
                ReadResult result = reader.ReadAsync(ended).AsTask().GetAwaiter().GetResult();
                foreach (ReadOnlyMemory<byte> piece in result.Buffer)
                {
                    onward.Clear();
                    bool leaves = keys is not null && keys.Take(piece.Span, onward);
                    if (_input is not null)
                        Files.WriteAll(_input, keys is null ? piece.Span : CollectionsMarshal.AsSpan(onward));
                    if (!leaves) continue;
                    _isGone = true;
                    left();
                    return;
                }
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) break;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or LinuxException
            or ObjectDisposedException)
        {
            // It has ended, or reads no more, or the client has gone.
        }
        // The end of the client's bytes is that of the process' stdin; a terminal has none.
        if (_record.Terminal is null) Interlocked.Exchange(ref _input, null)?.Dispose();
        Part(left);
    }

    private void End(int code)
    {
        (_record.ExitCode, _record.TouchedMs) = (code, Environment.TickCount64);
        _record.Joined(null);
        foreach ((Fd fd, _) in _outputs) fd.Dispose();
        Interlocked.Exchange(ref _input, null)?.Dispose();
        _client.Dispose();
    }
}
