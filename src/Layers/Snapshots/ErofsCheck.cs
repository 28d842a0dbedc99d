using System.Buffers;
using System.Security.Cryptography;
using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Reads a layer's tar once: its SHA-256 has to be the DiffId, and the index that it gives has to be the one that is
/// there, byte for byte.
/// </summary>
/// <param name="directory">The layer's directory.</param>
/// <param name="read">Told the bytes read since the last call.</param>
/// <param name="cancellation">Looked at between pieces.</param>
internal sealed class ErofsCheck(string directory, Action<long> read, CancellationToken cancellation)
{
    private const int PieceBytes = 1 << 20;

    private LayerTar? _tar;

    private LayerTar Tar => _tar ??= LayerTar.In(directory);

    private string TarPath => Path.Combine(directory, ErofsSnapshotter.Tar);

    private string ImagePath => Path.Combine(directory, ErofsSnapshotter.Image);

    internal LayerDefect? Run(Digest diffId)
    {
        if (!Files.Exists(TarPath)) return new LayerDefect($"{TarPath} is missing", TarIsSound: false);
        var index = new ErofsIndex(IngestLimits.None);
        try
        {
            Digest actual = Read(index);
            if (actual != diffId)
                return new LayerDefect($"{TarPath} is damaged: expected {diffId}, got {actual}", TarIsSound: false);
        }
        catch (LinuxException e)
        {
            return new LayerDefect(e.Message, TarIsSound: false);
        }
        if (!Files.Exists(ImagePath)) return new LayerDefect($"{ImagePath} is missing", TarIsSound: true);
        return CompareImage(index) is { } text ? new LayerDefect(text, TarIsSound: true) : null;
    }

    /// <summary>Writes the image of a layer whose tar is known to be sound to an empty file.</summary>
    internal static void WriteImage(string directory, Fd image)
    {
        var check = new ErofsCheck(directory, static _ => { }, CancellationToken.None);
        var index = new ErofsIndex(IngestLimits.None);
        check.Read(index);
        using Fd tar = check.Tar.Open();
        index.Write(tar, check.Tar.Start, image);
    }

    // A damaged tar breaks the parser before the digest is known; it is hashed to the end nevertheless.
    private Digest Read(ErofsIndex index)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        bool parses = true;
        ForEachPiece(piece =>
        {
            sha256.AppendData(piece);
            if (parses) parses = TryAppend(index, piece);
            read(piece.Length);
        });
        return Digest.FromBytes(sha256.GetHashAndReset());
    }

    private static bool TryAppend(ErofsIndex index, ReadOnlySpan<byte> piece)
    {
        try
        {
            index.Append(piece);
            return true;
        }
        catch (ImageException)
        {
            return false; // The digest will tell what is wrong.
        }
    }

    private string? CompareImage(ErofsIndex index)
    {
        using Fd expected = Files.MemoryFile("index");
        using Fd tar = Tar.Open();
        long length = index.Write(tar, Tar.Start, expected);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * PieceBytes);
        try
        {
            using Fd image = Files.Open(ImagePath, OpenFlags.O_RDONLY);
            Files.DropCache(image);
            long actual = Files.Stat(image).Size;
            return actual == length ? CompareData(image, expected, length, buffer)
                : $"{ImagePath} is damaged: expected {length} bytes, got {actual}";
        }
        catch (LinuxException e)
        {
            return e.Message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Leaves out holes that both have: those of a sparse file's copy may be large.</summary>
    private string? CompareData(Fd image, Fd expected, long length, Span<byte> buffer)
    {
        Span<byte> found = buffer[..PieceBytes], wanted = buffer[PieceBytes..];
        for (long at = 0; (at = Math.Min(NextData(image, at), NextData(expected, at))) < length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Files.PRead(image, found, at);
            if (count == 0) return $"{ImagePath} is damaged: expected {length} bytes, got {at}";
            Files.PRead(expected, wanted[..count], at);
            int same = found[..count].CommonPrefixLength(wanted);
            if (same < count)
                return $"{ImagePath} is damaged: it differs from what its tar gives at byte {at + same}";
            Files.DropCache(image, at, count);
            at += count;
        }
        return null;
    }

    private static long NextData(Fd fd, long at)
    {
        Errno errno = Files.TrySeekData(fd, at, out long data);
        return errno == Errno.None ? data : errno == Errno.ENXIO ? long.MaxValue
            : throw new LinuxException(errno, "lseek", fd.ToString());
    }

    private void ForEachPiece(ReadOnlySpanAction take)
    {
        using Fd fd = Tar.Open();
        // The medium is asked, not memory; and a check of everything must not push out what containers have cached.
        Files.DropCache(fd);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            long at = Tar.Start, end = Tar.Start + Tar.Length ?? long.MaxValue;
            while (Files.Read(fd, piece.AsSpan(0, (int)Math.Min(PieceBytes, end - at))) is > 0 and var count)
            {
                cancellation.ThrowIfCancellationRequested();
                take(piece.AsSpan(0, count));
                Files.DropCache(fd, at, count);
                at += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private delegate void ReadOnlySpanAction(ReadOnlySpan<byte> piece);
}
