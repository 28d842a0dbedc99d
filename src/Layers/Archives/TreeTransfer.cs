using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>
/// Files from one tree to another, or between a tree and a tar: owners, times, extended attributes, hard links and
/// holes are kept. Sockets have no word in a tar and stay behind.
/// </summary>
public static class TreeTransfer
{
    /// <summary>
    /// How a tree is walked that somebody may change meanwhile: through mounts, but never through a symlink.
    /// </summary>
    public const ResolveFlags Beneath = ResolveFlags.RESOLVE_BENEATH | ResolveFlags.RESOLVE_NO_SYMLINKS;

    /// <summary>Writes a tar of the source.</summary>
    /// <exception cref="ImageException">Something cannot be in a tar; the text names it.</exception>
    public static void Write(in TreeSource source, TarSink sink, CancellationToken cancellation)
    {
        using var tar = new UpperTar(Files.Dup(source.Directory), sink, cancellation, isLayer: false, Beneath)
        {
            ForeignMount = source.ForeignMount, Owners = source.Owners,
        };
        tar.WriteAs(source.Name, source.NewName);
    }

    /// <summary>Extracts a tar, plain or compressed.</summary>
    /// <param name="tar">Is disposed of.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancellation">Ends it; what was extracted stays.</param>
    /// <exception cref="ImageException">No tar, or one that does not fit what is there.</exception>
    public static void Extract(Stream tar, in TreeTarget target, CancellationToken cancellation)
    {
        using TreeExtract extract = ExtractOf(target);
        var parser = new TarParser(extract, IngestLimits.None);
        ArchiveInput.Read(tar, parser.Append, IngestLimits.None, cancellation);
        parser.Complete();
        extract.Complete();
    }

    /// <summary>Copies, and returns how many bytes the tar of it has.</summary>
    public static long Copy(in TreeSource source, in TreeTarget target, CancellationToken cancellation)
    {
        using TreeExtract extract = ExtractOf(target);
        var parser = new TarParser(extract, IngestLimits.None);
        Write(source, parser.Append, cancellation);
        parser.Complete();
        extract.Complete();
        return parser.Position;
    }

    private static TreeExtract ExtractOf(in TreeTarget target) => new(target);
}
