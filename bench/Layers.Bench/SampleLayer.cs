using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Bench;

/// <summary>A layer like a real one: 8,000 entries in 400 folders, 64 MB of half-compressible files.</summary>
public static class SampleLayer
{
    private const int Folders = 400, FilesPerFolder = 20, AverageBytes = 8_000;

    /// <summary>The uncompressed tar.</summary>
    public static byte[] Tar { get; } = MakeTar();

    /// <summary>The tar, gzip level 6.</summary>
    public static byte[] Gzip { get; } = Compress(Tar);

    /// <summary>The tar's digest.</summary>
    public static Digest DiffId { get; } = DigestOf(Tar);

    /// <summary>The descriptor of <see cref="Gzip"/>.</summary>
    public static Descriptor Descriptor { get; } = new()
    {
        MediaType = "application/vnd.oci.image.layer.v1.tar+gzip",
        Digest = DigestOf(Gzip),
        Size = Gzip.Length,
    };

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

    private static Digest DigestOf(byte[] bytes) =>
        Digest.Parse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)));
}
