using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Tests.Tar;

/// <summary>What the writer writes, the parser reads; other programs read it in the commit tests.</summary>
public sealed class TarWriterTests
{
    [Theory]
    [InlineData(0, 0u, 0L, 0)]
    [InlineData(99, 1u, 1L, 1)]
    [InlineData(100, 2097151u, -1L, 999_999_999)]
    [InlineData(101, 2097152u, 8589934591L, 0)]
    [InlineData(985, uint.MaxValue, 8589934592L, 0)]
    [InlineData(4000, 5u, -86401L, 250_000_000)]
    public void An_entry_comes_back_as_it_was(int nameLength, uint owner, long seconds, int nanoseconds)
    {
        var entry = new TarEntry
        {
            Type = TarEntryType.Symlink, Mode = 0x9FF, Uid = owner, Gid = owner, MtimeSeconds = seconds,
            MtimeNanoseconds = nanoseconds,
        };
        entry.PathBytes.Set(Encoding.ASCII.GetBytes("n" + new string('a', nameLength)));
        entry.LinkBytes.Set(Encoding.ASCII.GetBytes(new string('t', nameLength + 1)));
        entry.Xattrs.Set("user.a"u8, "1=2\n\0"u8);
        entry.Xattrs.Set("user.b"u8, default);
        string name = "n" + new string('a', nameLength), target = new('t', nameLength + 1);
        Assert.Equal($"Symlink {name} -> {target} 4777 {owner}:{owner} 0 bytes {seconds}.{nanoseconds:d9} 0:0 "
            + "user.a=313D320A00 user.b=\n", TarRecorder.Parse(Write(tar => tar.Begin(entry))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    public void Content_is_padded_to_whole_blocks(int length)
    {
        byte[] content = new byte[length];
        Array.Fill(content, (byte)'x');
        var entry = new TarEntry { Type = TarEntryType.Regular, Size = length };
        entry.PathBytes.Set("f"u8);
        byte[] tar = Write(writer =>
        {
            writer.Begin(entry);
            writer.Write(content.AsSpan(0, length / 2));
            writer.Write(content.AsSpan(length / 2));
        });
        Assert.Equal(512 + (length + 511) / 512 * 512 + 1024, tar.Length);
        Assert.Contains($"{length} bytes", TarRecorder.Parse(tar));
    }

    [Theory]
    [InlineData("f", 1000, "")]
    [InlineData("f", 1 << 20, "0+512")]
    [InlineData("f", 1 << 20, "4096+100 8192+4096")]
    [InlineData("f", 1 << 20, "4096+100 1048575+1")]
    [InlineData("a/long/path/", 1 << 20, "65536+1 131072+513")]
    public void A_sparse_file_comes_back_with_its_holes(string name, long size, string segments)
    {
        if (name.EndsWith('/')) name += new string('n', 250);
        FileSegment[] parts = [.. segments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part =>
            new FileSegment(long.Parse(part.Split('+')[0]), long.Parse(part.Split('+')[1])))];
        var entry = new TarEntry { Type = TarEntryType.Regular, Size = size };
        entry.PathBytes.Set(Encoding.ASCII.GetBytes(name));
        byte[] tar = Write(writer =>
        {
            writer.BeginSparse(entry, parts);
            foreach (FileSegment part in parts) writer.Write(new byte[part.Length]);
        });
        var file = new SparseFile();
        var parser = new TarParser(file);
        parser.Append(tar);
        parser.Complete();
        Assert.Equal((name, size), (file.Name, file.Size));
        Assert.Equal(segments, string.Join(' ', file.Pieces.Select(piece => $"{piece.Offset}+{piece.Length}")));
        Assert.True(tar.Length < 32 << 10, "the holes are in the tar");
    }

    private sealed class SparseFile : ITarVisitor
    {
        public string Name { get; private set; } = "";
        public long Size { get; private set; }
        public List<(long Offset, int Length)> Pieces { get; } = [];

        public void Entry(TarEntry entry) => (Name, Size) = (Encoding.ASCII.GetString(entry.Path), entry.Size);
        public void Data(long offset, ReadOnlySpan<byte> data) => Pieces.Add((offset, data.Length));
        public void EndOfData() { }
    }

    [Fact]
    public void An_attribute_whose_name_a_record_cannot_hold_is_refused()
    {
        var entry = new TarEntry { Type = TarEntryType.Regular };
        entry.PathBytes.Set("f"u8);
        entry.Xattrs.Set("user.a=b"u8, "c"u8);
        Assert.Contains("user.a=b", Assert.Throws<ImageException>(() => Write(tar => tar.Begin(entry))).Message);
    }

    private static byte[] Write(Action<TarWriter> write)
    {
        using var bytes = new MemoryStream();
        var tar = new TarWriter(bytes.Write);
        write(tar);
        tar.Complete();
        return bytes.ToArray();
    }
}
