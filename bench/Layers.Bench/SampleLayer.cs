using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Skiff.Layers.Oci;
using ZstdSharp;

namespace Skiff.Layers.Bench;

/// <summary>
/// The layer that all suites work on: the gzip blob that SKIFF_BENCH_GZIP names, or one like a real one, 8,400
/// entries in 400 folders, 64 MB of half-compressible files.
/// </summary>
public static class SampleLayer
{
    private const int Folders = 400, FilesPerFolder = 20, AverageBytes = 8_000, PieceBytes = 128 << 10;

    private static readonly string? s_path = Environment.GetEnvironmentVariable("SKIFF_BENCH_GZIP");

    /// <summary>The uncompressed tar.</summary>
    public static byte[] Tar { get; } = s_path is null ? MakeTar() : Decompress(File.ReadAllBytes(s_path));

    /// <summary>The tar without the blocks of zeros that end it.</summary>
    public static ReadOnlyMemory<byte> Entries { get; } = Tar.AsMemory(0, (int)Nobody.Read(Tar).End);

    /// <summary>The tar, gzip level 6.</summary>
    public static byte[] Gzip { get; } = s_path is null ? Compress(Tar) : File.ReadAllBytes(s_path);

    /// <summary>The tar, zstd level 3.</summary>
    public static byte[] Zstd { get; } = CompressZstd(Tar);

    /// <summary>The tar's digest.</summary>
    public static Digest DiffId { get; } = DigestOf(Tar);

    /// <summary>The descriptor of <see cref="Gzip"/>.</summary>
    public static Descriptor Descriptor { get; } = new()
    {
        MediaType = "application/vnd.oci.image.layer.v1.tar+gzip",
        Digest = DigestOf(Gzip),
        Size = Gzip.Length,
    };

    /// <summary>Bytes as they come from a socket or a pipe, 128 KiB at a time.</summary>
    public static ReadOnlyMemory<byte>[] Pieces(ReadOnlyMemory<byte> bytes)
    {
        var pieces = new ReadOnlyMemory<byte>[(bytes.Length + PieceBytes - 1) / PieceBytes];
        for (int i = 0; i < pieces.Length; i++)
            pieces[i] = bytes.Slice(i * PieceBytes, Math.Min(PieceBytes, bytes.Length - i * PieceBytes));
        return pieces;
    }

    private static byte[] MakeTar()
    {
        var random = new Random(1);
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            for (var folder = 0; folder < Folders; folder++)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, $"usr/lib/package{folder}/"));
                for (var file = 0; file < FilesPerFolder; file++)
                {
                    var name = $"usr/lib/package{folder}/module{file}.py";
                    var content = Content(random, random.Next(2 * AverageBytes));
                    writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
                }
            }
        }
        return stream.ToArray();
    }

    // Half random, half repeated: about what program text gives.
    private static MemoryStream Content(Random random, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i += 2)
            bytes[i] = (byte)random.Next('a', 'a' + 16);
        return new MemoryStream(bytes);
    }

    private static byte[] Compress(byte[] plain)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal))
            gzip.Write(plain);
        return stream.ToArray();
    }

    private static byte[] Decompress(byte[] gzip)
    {
        using var plain = new MemoryStream();
        using (var stream = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress)) stream.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] CompressZstd(byte[] plain)
    {
        using var compressor = new Compressor(level: 3);
        return compressor.Wrap(plain).ToArray();
    }

    private static Digest DigestOf(byte[] bytes) =>
        Digest.Parse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)));
}
