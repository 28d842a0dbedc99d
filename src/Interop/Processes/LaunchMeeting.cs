using System.Runtime.ExceptionServices;

namespace Skiff.Interop.Processes;

/// <summary>
/// Steps at which the child of a launch waits until this process has done from outside what a child cannot do to
/// itself, such as the maps of its user namespace. The thread that launches is suspended meanwhile, so another one does
/// it. For one launch.
/// </summary>
public sealed unsafe class LaunchMeeting : IDisposable
{
    private readonly Action<int>[] _stops;
    private readonly (Fd Read, Fd Write) _arrived = Files.Pipe(), _go = Files.Pipe();
    private readonly ManualResetEventSlim? _served;
    private Thread? _thread;
    private int* _pid;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Nothing happens before the launch.</summary>
    /// <param name="stops">What is done at each <see cref="LaunchProgram.Meet"/> of the program, in its order, given
    /// the child's pid. What one throws ends the child, and comes out of the launch.</param>
    public LaunchMeeting(params Action<int>[] stops) => _stops = stops;

    /// <summary>As the other form, for one stop, and a thread that is there: it calls <see cref="Serve"/>.</summary>
    public LaunchMeeting(Action stop) => (_stops, _served) = ([_ => stop()], new ManualResetEventSlim());

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Fd fd in (ReadOnlySpan<Fd>)[_arrived.Read, _arrived.Write, _go.Read, _go.Write]) fd.Dispose();
        _served?.Dispose();
    }

    /// <summary>
    /// On a thread that has ended by the time this is disposed of: waits for the child, and does what is to be done.
    /// </summary>
    public void Serve()
    {
        Run();
        _served!.Set();
    }

    /// <summary>There will be no launch: whoever serves waits no longer. Fine after the launch.</summary>
    public void Cancel() => _arrived.Write.Dispose();

    /// <summary>The child's part.</summary>
    internal void AddTo(LaunchProgram program)
    {
        program.Write(_arrived.Write, "+", "pipe of the launching process");
        program.WaitForByte(_go.Read);
    }

    /// <summary>Before the clone; the child runs when its pid is at <paramref name="pid"/>.</summary>
    internal void Begin(int* pid)
    {
        _pid = pid;
        if (_served is not null) return;
        _thread = new Thread(Run, maxStackSize: 256 << 10);
        _thread.Start();
    }

    /// <summary>After the clone, also when there is no child; one that failed must not be reaped yet.</summary>
    internal void End()
    {
        _arrived.Write.Dispose(); // Without a child nobody else writes there.
        if (_served is not null) _served.Wait();
        else _thread!.Join();
    }

    /// <summary>Throws what the preparation threw.</summary>
    internal void ThrowIfFailed() => _failure?.Throw();

    private void Run()
    {
        Span<byte> one = stackalloc byte[1];
        foreach (Action<int> stop in _stops)
        {
            if (Files.TryRead(_arrived.Read, one, out int count) != Errno.None || count == 0) return;
            // SAFETY: the address is in the frame of the launching thread, which waits for this one before it leaves.
            if (!TryRun(stop, Volatile.Read(ref *_pid))) return;
        }
    }

    private bool TryRun(Action<int> stop, int pid)
    {
        try
        {
            stop(pid);
            Files.WriteAll(_go.Write, "+"u8);
            return true;
        }
        catch (Exception e)
        {
            using PidFd child = PidFd.Open(pid);
            // Of a child that somebody has killed, that is what is to be told, not what was missed of it afterwards.
            if (child.TryPeek(out _)) return false;
            _failure = ExceptionDispatchInfo.Capture(e);
            child.SendSignal(Signals.SIGKILL);
            return false;
        }
    }
}
