using Skiff.Agent.Images;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Cli.Progress;

/// <summary>A layer as its line shows it, with how fast it comes.</summary>
/// <param name="first">Its first event.</param>
internal sealed class LayerRow(in LayerProgress first)
{
    // Speed is an average in which what is older counts less; after three seconds, a third.
    private const double MemorySeconds = 3;

    private LayerProgress _last = first;
    private long _countedBytes = first.DoneBytes;
    private double _rate, _weight;

    /// <summary>The event that came last.</summary>
    public ref readonly LayerProgress Last => ref _last;

    /// <summary>Whether nothing more will come.</summary>
    public bool IsDone => LayerWords.IsLast(_last);

    /// <summary>Whether it only waits for its turn.</summary>
    public bool IsWaiting => _last.State is LayerState.PullingFsLayer or LayerState.Preparing or LayerState.Waiting;

    /// <summary>Whether bytes move, so that it has a bar.</summary>
    public bool HasBar => LayerWords.HasCounts(_last.State);

    /// <summary>Bytes a second, or 0 when that is not known.</summary>
    public double BytesPerSecond => _weight > 0 ? _rate / _weight : 0;

    /// <summary>Takes an event; allocates nothing.</summary>
    public void Set(in LayerProgress progress)
    {
        // What an earlier pull has left came at no speed, and what begins anew was never here.
        if (progress.State == LayerState.Resuming || progress.DoneBytes < _countedBytes)
            _countedBytes = progress.DoneBytes;
        _last = progress;
    }

    /// <summary>Some time has passed.</summary>
    public void Advance(TimeSpan elapsed)
    {
        if (!HasBar || elapsed <= TimeSpan.Zero) return;
        double share = 1 - Math.Exp(-elapsed.TotalSeconds / MemorySeconds);
        double rate = (_last.DoneBytes - _countedBytes) / elapsed.TotalSeconds;
        _rate += share * (rate - _rate);
        // As if nothing had been known before: without it the first seconds would look slow.
        _weight += share * (1 - _weight);
        _countedBytes = _last.DoneBytes;
    }
}
