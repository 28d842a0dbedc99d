namespace Skiff.Layers.Pipeline;

/// <summary>Told how layers get on in a pull, a push or a load.</summary>
public interface ILayerProgress
{
    /// <summary>
    /// Called from several threads, while bytes move after every piece: must be quick and must not throw.
    /// </summary>
    void Report(in LayerProgress progress);
}
