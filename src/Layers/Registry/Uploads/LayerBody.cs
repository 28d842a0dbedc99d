using System.IO.Compression;
using System.IO.Pipelines;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using ZstdSharp;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>
/// A layer compressed as it goes. The same layer gives the same bytes, so that an upload that broke off can go on.
/// </summary>
/// <param name="layers">Where it is; the caller keeps it from being removed.</param>
/// <param name="diffId">Its tar.</param>
/// <param name="kind">gzip or zstd.</param>
public sealed class LayerBody(ISnapshotter layers, Digest diffId, CompressionKind kind) : IUploadBody
{
    private const int CopyBytes = 128 << 10;

    // What zstd itself and the tools for images take unless told otherwise.
    private const int ZstdLevel = 3;

    /// <inheritdoc/>
    public long? Length => null;

    /// <inheritdoc/>
    public long StartFor(long offset) => 0;

    /// <inheritdoc/>
    public async Task WriteAsync(PipeWriter pipe, long start, CancellationToken cancellation)
    {
        using Stream tar = layers.OpenTar(diffId);
        Stream compressed = Open(pipe.AsStream(leaveOpen: true));
        await using (compressed.ConfigureAwait(false))
        {
            byte[] piece = new byte[CopyBytes];
            while (tar.Read(piece) is > 0 and var count)
                await compressed.WriteAsync(piece.AsMemory(0, count), cancellation).ConfigureAwait(false);
        }
    }

    private Stream Open(Stream target) => kind switch
    {
        CompressionKind.Gzip => new GZipStream(target, CompressionLevel.Optimal),
        CompressionKind.Zstd => new CompressionStream(target, ZstdLevel, leaveOpen: false),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
