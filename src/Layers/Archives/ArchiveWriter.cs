using System.Text;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>
/// Writes images into one tar: an OCI layout with uncompressed layers that Docker's readers of archives take too. The
/// documents come first, so that a reader knows what each layer is when it comes. The same images give the same bytes.
/// </summary>
/// <param name="layers">Where the layers are; the caller keeps them from being removed.</param>
/// <param name="content">Where the configs are.</param>
/// <param name="sink">Gets the tar's bytes.</param>
public sealed class ArchiveWriter(ISnapshotter layers, ContentStore content, TarSink sink)
{
    private const int CopyBytes = 128 << 10;
    private const uint FileMode = 0x1A4, DirectoryMode = 0x1ED; // 0644, 0755

    private readonly TarWriter _tar = new(sink);
    private readonly TarEntry _entry = new();
    private readonly HashSet<string> _written = [];

    /// <summary>Writes the whole archive.</summary>
    /// <param name="images">At least one.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <exception cref="ImageException">A document or layer is missing or damaged; what was written so far is no
    /// archive.</exception>
    public void Write(IReadOnlyList<ArchivedImage> images, CancellationToken cancellation)
    {
        var documents = new ArchiveDocuments(layers, content);
        List<(string Path, byte[] Bytes)> made = documents.Make(images);
        Begin(ArchiveNames.Blobs, TarEntryType.Directory, 0);
        Begin(ArchiveNames.Sha256Blobs, TarEntryType.Directory, 0);
        foreach ((string path, byte[] bytes) in made)
        {
            // Two images may have the same config, and nothing may come twice.
            if (!_written.Add(path)) continue;
            Begin(path, TarEntryType.Regular, bytes.Length);
            _tar.Write(bytes);
        }
        foreach (Descriptor layer in documents.Layers) WriteLayer(layer, cancellation);
        _tar.Complete();
    }

    private void WriteLayer(Descriptor layer, CancellationToken cancellation)
    {
        Begin(ArchiveNames.Blob(layer.Digest), TarEntryType.Regular, layer.Size);
        using Stream tar = layers.OpenTar(layer.Digest);
        using var sha256 = new TarDigest();
        byte[] piece = new byte[CopyBytes];
        while (tar.Read(piece) is > 0 and var count)
        {
            cancellation.ThrowIfCancellationRequested();
            sha256.Append(piece.AsSpan(0, count));
            _tar.Write(piece.AsSpan(0, count));
        }
        if (sha256.Current() != layer.Digest) throw new ImageException(
            $"layer {layer.Digest} is damaged; the archive is of no use. Run \"skiff system check --repair\"");
    }

    private void Begin(string path, TarEntryType type, long size)
    {
        _entry.PathBytes.Set(Encoding.UTF8.GetBytes(path));
        _entry.Type = type;
        _entry.Mode = type == TarEntryType.Directory ? DirectoryMode : FileMode;
        _entry.Size = size;
        _tar.Begin(_entry);
    }
}
