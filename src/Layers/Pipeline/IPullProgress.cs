namespace Skiff.Layers.Pipeline;

/// <summary>Told how a pull gets on.</summary>
public interface IPullProgress
{
    /// <summary>
    /// Called from several threads, for downloads after every piece that came from the socket: must be quick and must
    /// not throw.
    /// </summary>
    void Report(in LayerProgress progress);
}
