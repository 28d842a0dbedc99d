using System.Collections.Concurrent;
using Skiff.Agent.Images;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>Keeps every event, and every line about the image.</summary>
internal sealed class ImageLog : ProgressLog, IImageProgress
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public void Message(string status, string? id = null) => Lines.Enqueue(id is null ? status : $"{id}: {status}");

    public void Loaded(string line) => Lines.Enqueue(line);
}
