using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Cli.Progress;

/// <summary>
/// Progress in plain lines, those that Docker prints when its output is no terminal: steps, and nothing that counts
/// bytes but for where a pull goes on.
/// </summary>
internal sealed class PlainProgress(TextWriter output) : IImageProgress
{
    private readonly Lock _writing = new();

    /// <inheritdoc/>
    public void Report(in LayerProgress progress)
    {
        bool isResumed = progress.State == LayerState.Resuming;
        if (LayerWords.HasCounts(progress.State) && !isResumed) return;
        string words = LayerWords.Of(progress);
        if (isResumed) words += $" at {progress.DoneBytes * 100 / Math.Max(progress.TotalBytes, 1)}%";
        Message(words, progress.Id);
    }

    /// <inheritdoc/>
    public void Message(string status, string? id = null)
    {
        lock (_writing) output.WriteLine(id is null ? status : $"{id}: {status}");
    }

    /// <inheritdoc/>
    public void Pushed(string tag, Digest manifest, long bytes) =>
        Message($"{tag}: digest: {manifest} size: {bytes}");

    /// <inheritdoc/>
    public void Loaded(string line) => Message(line);
}
