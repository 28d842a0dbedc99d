using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Images;

/// <summary>For whom nothing is shown but what is wrong.</summary>
/// <param name="warn">Shows a line of that.</param>
internal sealed class NoProgress(Action<string> warn) : IImageProgress
{
    /// <inheritdoc/>
    public void Report(in LayerProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Warn(string message) => warn($"Warning: {message}");
}
