using Skiff.Agent.Cli;
using Skiff.Agent.Events;

namespace Skiff.Agent.Api;

/// <summary>What a client of the events is still to be sent. It waits without a thread.</summary>
/// <param name="filter">Which events it wants.</param>
/// <param name="until">The last moment that it wants them of.</param>
internal sealed class EventQueue(EventFilter filter, long until)
{
    // Whoever is so far behind does not read: the client is let go, and can ask for what it has missed.
    private const int MaxLines = 4096;

    private readonly SemaphoreSlim _news = new(0);
    private readonly Lock _lock = new();
    private List<byte[]> _lines = [];
    private bool _hasEnded;

    /// <summary>Whether a client wants an event.</summary>
    public bool Wants(EngineEvent happened) => happened.UnixNanoseconds <= until && filter.Fits(happened);

    /// <summary>Takes an event, if it is wanted.</summary>
    public void Add(EngineEvent happened, byte[] line)
    {
        if (!Wants(happened)) return;
        lock (_lock)
        {
            if (_lines.Count < MaxLines) _lines.Add(line);
            else _hasEnded = true;
        }
        Wake();
    }

    /// <summary>Nothing more will come.</summary>
    public void End()
    {
        lock (_lock) _hasEnded = true;
        Wake();
    }

    /// <summary>The next lines.</summary>
    /// <exception cref="IOException">There are more than the client has read, or no more to be had.</exception>
    public async Task<List<byte[]>> TakeAsync(CancellationToken gone)
    {
        await _news.WaitAsync(gone);
        lock (_lock)
        {
            if (_hasEnded) throw new IOException("the events are not read, or cannot be");
            List<byte[]> lines = _lines;
            _lines = [];
            return lines;
        }
    }

    private void Wake()
    {
        lock (_lock)
            if (_news.CurrentCount == 0) _news.Release();
    }
}
