using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Skiff.Layers.Oci;
using ZstdSharp;

namespace Skiff.Layers.Tests.Support;

/// <summary>An image in pieces, to be put together rightly or wrongly, and pushed into a
/// <see cref="TestRegistry"/>.</summary>
public sealed class TestImage
{
    public List<(byte[] Tar, byte[] Blob, string Type)> Layers { get; } = [];
    public string Architecture { get; init; } = "amd64";
    public string? Variant { get; init; }
    public bool Docker { get; init; }
    public Digest ConfigDigest { get; private set; }
    public Digest ManifestDigest { get; private set; }
    public byte[] ManifestBytes { get; private set; } = [];

    public string ManifestType => Docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest;

    public Digest DiffId(int layer) => TestRegistry.Sha(Layers[layer].Tar);

    public Digest BlobDigest(int layer) => TestRegistry.Sha(Layers[layer].Blob);

    /// <summary>A tar with one file of random bytes (from the seed) after a directory.</summary>
    public static byte[] Tar(int fileBytes, int seed = 1)
    {
        byte[] data = new byte[fileBytes];
        var random = new Random(seed);
        // Half noise, half repetition: compressible, but not by much.
        for (int i = 0; i < data.Length; i += 64)
        {
            Span<byte> piece = data.AsSpan(i, Math.Min(64, data.Length - i));
            if (i / 64 % 2 == 0) random.NextBytes(piece);
        }
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            // The same seed gives the same bytes, whatever the clock says.
            tar.WriteEntry(
                new PaxTarEntry(TarEntryType.Directory, "d/") { ModificationTime = DateTimeOffset.UnixEpoch });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"d/file{seed}")
            {
                DataStream = new MemoryStream(data),
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }
        return stream.ToArray();
    }

    public static byte[] Gzip(ReadOnlySpan<byte> plain)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(plain);
        return stream.ToArray();
    }

    public static byte[] Zstd(ReadOnlySpan<byte> plain)
    {
        using var compressor = new Compressor(3);
        return compressor.Wrap(plain).ToArray();
    }

    public TestImage AddGzip(byte[] tar) =>
        Add(tar, Gzip(tar), Docker ? MediaTypes.DockerLayerGzip : MediaTypes.OciLayerGzip);

    public TestImage AddZstd(byte[] tar) => Add(tar, Zstd(tar), MediaTypes.OciLayerZstd);

    public TestImage AddPlain(byte[] tar) => Add(tar, tar, MediaTypes.OciLayer);

    public TestImage Add(byte[] tar, byte[] blob, string type)
    {
        Layers.Add((tar, blob, type));
        return this;
    }

    public byte[] Config() => Encoding.UTF8.GetBytes($$"""
        {"created":"2024-05-06T07:08:09.123456789Z","architecture":"{{Architecture}}","os":"linux",
         {{(Variant is null ? "" : $"\"variant\":\"{Variant}\",")}}
         "config":{"Env":["PATH=/bin"],"Cmd":["/bin/sh"],"WorkingDir":"/w","Labels":null},
         "rootfs":{"type":"layers","diff_ids":[{{string.Join(",", Layers.Select(l =>
             $"\"{TestRegistry.Sha(l.Tar)}\""))}}] } }
        """);

    public byte[] Manifest(byte[] config)
    {
        string configType = Docker ? MediaTypes.DockerConfig : MediaTypes.OciConfig;
        string layers = string.Join(",", Layers.Select(l => Describe(l.Type, l.Blob)));
        return Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{ManifestType}}",
             "config":{{Describe(configType, config)}},"layers":[{{layers}}]}
            """);
    }

    private static string Describe(string type, byte[] blob) =>
        $$"""{"mediaType":"{{type}}","digest":"{{TestRegistry.Sha(blob)}}","size":{{blob.Length}} }""";

    /// <summary>Makes the image pullable; <paramref name="tag"/> null leaves it to an index to name it.</summary>
    public TestImage Push(TestRegistry registry, string repository, string? tag = "v1")
    {
        byte[] config = Config();
        ConfigDigest = registry.AddBlob(repository, config);
        foreach ((_, byte[] blob, _) in Layers) registry.AddBlob(repository, blob);
        ManifestBytes = Manifest(config);
        ManifestDigest = registry.AddManifest(repository, tag, ManifestType, ManifestBytes);
        return this;
    }

    /// <summary>An index of pushed images.</summary>
    public static Digest PushIndex(
        TestRegistry registry, string repository, string tag, bool docker, params TestImage[] images)
    {
        string type = docker ? MediaTypes.DockerManifestList : MediaTypes.OciIndex;
        IEnumerable<string> entries = images.Select(i => $$"""
            {"mediaType":"{{i.ManifestType}}","digest":"{{i.ManifestDigest}}","size":{{i.ManifestBytes.Length}},
             "platform":{"os":"linux","architecture":"{{i.Architecture}}"{{(i.Variant is null ? ""
                 : $",\"variant\":\"{i.Variant}\"")}} } }
            """);
        string index = $$"""{"schemaVersion":2,"mediaType":"{{type}}","manifests":[{{string.Join(",", entries)}}]}""";
        return registry.AddManifest(repository, tag, type, Encoding.UTF8.GetBytes(index));
    }
}
