using System.Collections.Concurrent;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Tests.Monitor;

/// <summary>A monitor's loop in a thread of its own, and a way to do something there.</summary>
internal sealed class LoopThread : IDisposable
{
    private const int IdleMs = 100;

    private readonly ConcurrentQueue<Action> _work = [];
    private readonly Fd _wake = Files.EventFd();
    private readonly Thread _thread;
    private int _idleCount;

    public LoopThread()
    {
        Loop.Watch(_wake, EpollEvents.EPOLLIN, _ =>
        {
            Files.TryRead(_wake, new byte[8], out int _);
            while (_work.TryDequeue(out Action? action)) action();
        });
        _thread = new Thread(() => Loop.Run(() => _idleCount++, IdleMs, IdleMs));
        _thread.Start();
    }

    public EventLoop Loop { get; } = new();

    /// <summary>How often nothing has happened for a while after something did.</summary>
    public int IdleCount => Volatile.Read(ref _idleCount);

    public void Do(Action action) => Do(() =>
    {
        action();
        return 0;
    });

    public T Do<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Enqueue(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        Files.WriteAll(_wake, BitConverter.GetBytes(1L));
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Waits, for a minute, until it is so in the loop.</summary>
    public void WaitFor(Func<bool> condition, string what)
    {
        for (int i = 0; !Do(condition); i++)
        {
            Assert.True(i < 600, $"waited in vain: {what}");
            Thread.Sleep(100);
        }
    }

    public void Dispose()
    {
        Do(Loop.End);
        _thread.Join();
        Loop.Dispose();
        _wake.Dispose();
    }
}
