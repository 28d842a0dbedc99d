using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Tar;

/// <summary>A layer can have any number of entries; reading them must not make garbage.</summary>
public sealed class TarAllocationTests : IDisposable
{
    private const int Folders = 4_000, EntriesPerFolder = 5;

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("USTAR_FORMAT", "{}", 90, 128 << 10)]
    [InlineData("GNU_FORMAT", "{}", 250, 128 << 10)]
    [InlineData("GNU_FORMAT", "{}", 250, 700)]
    [InlineData("PAX_FORMAT", "{'mtime': '1.25', 'SCHILY.xattr.user.a': 'value'}", 250, 128 << 10)]
    [InlineData("PAX_FORMAT", "{'mtime': '1.25', 'SCHILY.xattr.user.a': 'value'}", 250, 700)]
    [InlineData("PAX_FORMAT", "{'LIBARCHIVE.xattr.user.%C3%A4': 'aGVsbG8'}", 250, 128 << 10)]
    public void Parsing_allocates_nothing_once_the_buffers_have_grown(
        string format, string attributes, int nameBytes, int pieceBytes)
    {
        string path = Oracle.MakeTar(_sandbox, $"""
            for i in range({Folders}):
                d = 'd%d' % i
                add(d, D); add(d + '/file', data=b'x' * (i % 700), pax={attributes})
                add(d + '/link', L, link='t' * {nameBytes}); add(d + '/' + 'n' * {nameBytes}, H, link=d + '/file')
                add(d + '/device', C, dev=(4, 64))
            """, format);
        byte[] tar = File.ReadAllBytes(path);
        var reader = new Reader();
        var parser = new TarParser(reader);
        Append(parser, tar.AsSpan(0, tar.Length / 2), pieceBytes);
        int warm = reader.Entries;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Append(parser, tar.AsSpan(tar.Length / 2), pieceBytes);
        parser.Complete();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        Assert.Equal(Folders * EntriesPerFolder, reader.Entries);
        Assert.InRange(warm, reader.Entries / 3, reader.Entries * 2 / 3);
        Assert.Equal(attributes == "{}" ? 0 : Folders, reader.Xattrs);
    }

    private static void Append(TarParser parser, ReadOnlySpan<byte> bytes, int pieceBytes)
    {
        for (; bytes.Length > pieceBytes; bytes = bytes[pieceBytes..]) parser.Append(bytes[..pieceBytes]);
        parser.Append(bytes);
    }

    private sealed class Reader : ITarVisitor
    {
        internal int Entries { get; private set; }

        internal int Xattrs { get; private set; }

        public void Entry(TarEntry entry) => (Entries, Xattrs) = (Entries + 1, Xattrs + entry.Xattrs.Count);

        public void Data(long offset, ReadOnlySpan<byte> data) { }

        public void EndOfData() { }
    }
}
