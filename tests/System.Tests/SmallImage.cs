using System.Formats.Tar;
using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>
/// An image of a few hundred KiB, in a registry of its own, that makes a store use every kind of call it has: three
/// layers with large and small files, links, devices, attributes, whiteouts, repeated entries.
/// </summary>
public sealed class SmallImage : IDisposable
{
    private readonly TestRegistry _registry = new();

    public SmallImage()
    {
        // skopeo asks first whether this is a registry.
        _registry.Intercept = request => request.Path == "/v2/" ? Answer.Text(200, "{}") : null;
        new TestImage().AddGzip(Base()).AddGzip(Changes()).AddZstd(Tar(tar => Add(tar, "last", 30_000)))
            .Push(_registry, "small");
    }

    /// <summary>What to pull.</summary>
    public string Name => $"{_registry.Host}/small:v1";

    public void Dispose() => _registry.Dispose();

    private static byte[] Base() => Tar(tar =>
    {
        foreach (string directory in (string[])["etc/", "data/", "data/deep/", "data/deep/deeper/"])
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, directory));
        Add(tar, "data/large", 120_000);
        for (int i = 0; i < 6; i++) Add(tar, $"etc/small{i}", 300 * i);
        Add(tar, "data/deep/deeper/attributes", 10, new() { ["SCHILY.xattr.user.note"] = "kept" });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "etc/link") { LinkName = "small1" });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "etc/hard") { LinkName = "etc/small2" });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, "data/fifo"));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "data/null")
            { DeviceMajor = 1, DeviceMinor = 3 });
    });

    private static byte[] Changes() => Tar(tar =>
    {
        Add(tar, "etc/.wh.small3", 0);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "data/deep/"));
        Add(tar, "data/deep/.wh..wh..opq", 0);
        Add(tar, "data/deep/twice", 5_000);
        Add(tar, "data/deep/twice", 40_000);
    });

    private static byte[] Tar(Action<TarWriter> fill)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true)) fill(tar);
        return stream.ToArray();
    }

    private static void Add(TarWriter tar, string name, int bytes, Dictionary<string, string>? attributes = null)
    {
        byte[] content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name, attributes ?? [])
        {
            DataStream = new MemoryStream(content),
            Uid = bytes % 2 * 1000,
            Mode = (UnixFileMode)0x1A4,
        });
    }
}
