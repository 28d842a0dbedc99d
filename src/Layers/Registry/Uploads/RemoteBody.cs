using System.IO.Pipelines;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>A blob as another registry has it, verified as it passes.</summary>
/// <param name="registry">That registry.</param>
/// <param name="where">The repository there.</param>
/// <param name="blob">The blob.</param>
public sealed class RemoteBody(RegistryClient registry, Reference where, Descriptor blob) : IUploadBody
{
    /// <summary>Why it could not be had; null as long as nothing is wrong with it.</summary>
    public ImageException? Failure { get; private set; }

    /// <inheritdoc/>
    public long? Length => blob.Size;

    /// <inheritdoc/>
    public long StartFor(long offset) => offset;

    /// <inheritdoc/>
    public async Task WriteAsync(PipeWriter pipe, long start, CancellationToken cancellation)
    {
        try
        {
            await new DownloadStage(blob, registry.OpenBlob(where, blob), registry.Options, new Quiet(), start)
                .RunAsync(pipe, cancellation).ConfigureAwait(false);
        }
        catch (ImageException e)
        {
            Failure = e;
            throw;
        }
    }

    private sealed class Quiet : ILayerProgress
    {
        public void Report(in LayerProgress progress) { }
    }
}
