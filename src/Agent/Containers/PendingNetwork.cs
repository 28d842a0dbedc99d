using System.Runtime.ExceptionServices;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The network of a container that starts. A thread of its own sets it up, where there is a processor for it, while the
/// starting one makes mounts and launches the container: in the kernel, one does not wait for the locks of the other.
/// Before its program runs, the container waits for the network. Whoever disposes of this waits for that thread.
/// </summary>
internal sealed class PendingNetwork : IDisposable
{
    private readonly Unwinder _undo;
    private readonly Unwinder _own = new();
    private readonly ManualResetEventSlim _isOpen = new();
    private readonly Action<ContainerNetwork, Unwinder> _finish;
    private readonly LaunchMeeting? _meeting;
    private readonly Thread? _thread;
    private ContainerNetwork? _network;
    private ExceptionDispatchInfo? _failure;
    private bool _isFinished;

    /// <summary>Begins; without a thread it is set up then.</summary>
    /// <param name="undo">Learns how to take it back, at the latest when this is disposed of.</param>
    /// <param name="open">Opens its namespace.</param>
    /// <param name="setUp">Sets it up and tells its unwinder.</param>
    /// <param name="finish">Does what else has to be done before the program runs.</param>
    /// <param name="aside">Whether it has a thread.</param>
    public PendingNetwork(
        Unwinder undo, Func<ContainerNetwork> open, Action<ContainerNetwork, Unwinder> setUp,
        Action<ContainerNetwork, Unwinder> finish, bool aside)
    {
        (_undo, _finish) = (undo, finish);
        if (aside)
        {
            _meeting = new LaunchMeeting(() => Finish(_own));
            _thread = new Thread(() => Run(open, setUp), maxStackSize: 256 << 10);
            _thread.Start();
            return;
        }
        Run(open, setUp);
        if (_failure is null) return;
        Dispose();
        _failure.Throw();
    }

    /// <summary>What setting it up threw; null as long as it has not.</summary>
    public Exception? Failure => _failure?.SourceException;

    /// <summary>Waits for its namespace, whatever may still be missing there. It stays this object's.</summary>
    public ContainerNetwork Open()
    {
        _isOpen.Wait();
        if (_network is null) _failure!.Throw();
        return _network!;
    }

    /// <summary>
    /// Where a container that is launched meanwhile waits for it; null when it does not need to. Throws what setting it
    /// up has thrown by now; what it throws later comes out of the launch.
    /// </summary>
    public LaunchMeeting? Meet()
    {
        _failure?.Throw();
        if (_thread is null) Complete();
        return _meeting;
    }

    /// <summary>Waits until it is set up and finished; throws what that threw.</summary>
    public void Complete()
    {
        Wait();
        _failure?.Throw();
        Finish(_undo);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Wait();
        _network?.Dispose();
        _meeting?.Dispose();
        _isOpen.Dispose();
    }

    private void Wait()
    {
        _meeting?.Cancel();
        _thread?.Join();
        _undo.Take(_own);
    }

    private void Run(Func<ContainerNetwork> open, Action<ContainerNetwork, Unwinder> setUp)
    {
        try
        {
            _network = open();
            _isOpen.Set();
            setUp(_network, _own);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            _isOpen.Set();
        }
        _meeting?.Serve();
    }

    // By one thread after the other.
    private void Finish(Unwinder undo)
    {
        _failure?.Throw();
        if (_isFinished) return;
        _isFinished = true;
        _finish(_network!, undo);
    }
}
