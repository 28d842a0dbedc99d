using System.Runtime.ExceptionServices;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Makes batches of small files beside the thread that parses: by up to one thread fewer than the machine has cores,
/// started when a batch is full. When all are busy the caller makes its batch itself, so that nobody waits and memory
/// stays bounded. Files of different batches come in any order; <see cref="Drain"/> is the fence.
/// </summary>
internal sealed class FileWorkers(int maxThreads, FileMaking making) : IDisposable
{
    private const int QueuedPerThread = 2;

    private readonly object _lock = new(); // Guards all that follows.
    private readonly Queue<FileBatch> _queue = new();
    private readonly Stack<FileBatch> _free = new();
    private readonly List<Thread> _threads = [];
    private int _pending; // Batches queued or being made by a thread.
    private bool _ended;
    private ExceptionDispatchInfo? _failure;

    /// <summary>The batch to add to; another one after <see cref="Submit"/> and <see cref="Drain"/>.</summary>
    internal FileBatch Current { get; private set; } = new(making);

    /// <summary>Hands over what was added so far.</summary>
    internal void Submit()
    {
        if (TryHandOver()) return;
        Current.Make();
        Current.Clear();
    }

    /// <summary>Returns when all that was added is made.</summary>
    internal void Drain()
    {
        Current.Make();
        Current.Clear();
        lock (_lock)
        {
            while (_pending > 0) Monitor.Wait(_lock);
            _failure?.Throw();
        }
    }

    /// <summary>Ends the threads, which drop what they have not begun.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }
        foreach (Thread thread in _threads) thread.Join();
        foreach (FileBatch batch in _queue) batch.Clear();
        Current.Clear();
    }

    private bool TryHandOver()
    {
        lock (_lock)
        {
            _failure?.Throw();
            if (_pending >= maxThreads * (QueuedPerThread + 1)) return false;
            _pending++;
            _queue.Enqueue(Current);
            Current = _free.TryPop(out FileBatch? free) ? free : new FileBatch(making);
            Monitor.PulseAll(_lock);
        }
        if (_threads.Count < maxThreads) StartThread();
        return true;
    }

    private void StartThread()
    {
        var thread = new Thread(Run, maxStackSize: 256 << 10) { IsBackground = true, Name = "layer files" };
        thread.Start();
        _threads.Add(thread);
    }

    private void Run()
    {
        while (Next() is { } batch)
        {
            ExceptionDispatchInfo? failure = null;
            try
            {
                batch.Make();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            batch.Clear();
            lock (_lock)
            {
                _failure ??= failure;
                _free.Push(batch);
                if (--_pending == 0) Monitor.PulseAll(_lock);
            }
        }
    }

    private FileBatch? Next()
    {
        lock (_lock)
        {
            while (_queue.Count == 0 && !_ended) Monitor.Wait(_lock);
            return _ended ? null : _queue.Dequeue();
        }
    }
}
