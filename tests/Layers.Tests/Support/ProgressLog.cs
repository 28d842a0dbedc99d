using System.Collections.Concurrent;
using Skiff.Layers.Pipeline;

namespace Skiff.Layers.Tests.Support;

/// <summary>Keeps every event.</summary>
public class ProgressLog : ILayerProgress
{
    public ConcurrentQueue<LayerProgress> Events { get; } = new();

    public Action<LayerProgress>? OnReport { get; set; }

    public void Report(in LayerProgress progress)
    {
        Events.Enqueue(progress);
        OnReport?.Invoke(progress);
    }
}
