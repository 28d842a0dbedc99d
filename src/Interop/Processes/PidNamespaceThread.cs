using System.Runtime.ExceptionServices;

namespace Skiff.Interop.Processes;

/// <summary>
/// A thread for children in other PID namespaces, where <see cref="PidNamespaceScope"/> cannot go back: that needs
/// rights in the user namespace that owns this process's own. It can go from one namespace below to the next, and stays
/// as long as the process, since children may ask for a signal at the end of the thread that they come from.
/// </summary>
internal sealed class PidNamespaceThread
{
    private static readonly Lock s_lock = new();
    private static PidNamespaceThread? s_thread;

    private readonly SemaphoreSlim _asked = new(0), _done = new(0);
    private Action? _work;
    private ExceptionDispatchInfo? _failure;

    private PidNamespaceThread() =>
        new Thread(Run, maxStackSize: 256 << 10) { IsBackground = true, Name = "PID namespaces" }.Start();

    /// <summary>Does something while children are born in the PID namespace of <paramref name="target"/>, a pidfd or
    /// nsfs descriptor; one after the other.</summary>
    internal static void Do(Fd target, Action work)
    {
        lock (s_lock)
        {
            s_thread ??= new PidNamespaceThread();
            s_thread.DoOne(() =>
            {
                PidNamespaceScope.Enter(target);
                work();
            });
        }
    }

    private void DoOne(Action work)
    {
        (_work, _failure) = (work, null);
        _asked.Release();
        _done.Wait();
        _failure?.Throw();
    }

    private void Run()
    {
        while (true)
        {
            _asked.Wait();
            try
            {
                _work!();
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
            }
            _done.Release();
        }
    }
}
