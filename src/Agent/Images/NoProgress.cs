using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Images;

/// <summary>For whom nothing is shown.</summary>
internal sealed class NoProgress : IImageProgress
{
    /// <summary>It has no state.</summary>
    public static readonly NoProgress Instance = new();

    /// <inheritdoc/>
    public void Report(in LayerProgress progress)
    {
    }
}
