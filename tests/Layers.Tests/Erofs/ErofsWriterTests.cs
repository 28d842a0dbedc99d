using System.Buffers.Binary;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Corpus;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Erofs;

/// <summary>Images that no reasonable tar would give, read back by the kernel.</summary>
public sealed class ErofsWriterTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData(4L << 30)]
    [InlineData((4L << 30) + 1)]
    [InlineData((1L << 40) + 513)]
    public void Files_beyond_4_gib_are_read_to_their_last_byte(long size)
    {
        var tree = new LayerTree();
        tree.Apply(Entry("large", size, 512));
        string point = Mount(tree, 512 + size + 511 & ~511L, (512 + size - 4, "last"), (512 + (size >> 1), "half"));
        using FileStream file = File.OpenRead(Path.Combine(point, "fs", "large"));
        Assert.Equal(size, file.Length);
        Assert.Equal("half", Read(file, size >> 1));
        Assert.Equal("last", Read(file, size - 4));
        Assert.Equal("\0\0\0\0", Read(file, size / 3));
    }

    [Fact]
    public void Hundred_thousand_names_are_all_found()
    {
        var tree = new LayerTree();
        for (int i = 0; i < 100_000; i++) tree.Apply(Entry($"d/{i}", 4, 512));
        string point = Mount(tree, 1024, (512, "same"));
        Assert.Equal(100_000, Directory.EnumerateFiles(Path.Combine(point, "fs", "d")).Count());
        Assert.Equal("same", File.ReadAllText(Path.Combine(point, "fs", "d", "77777")));
    }

    [Fact]
    public void Same_tree_gives_the_same_bytes()
    {
        string[] images = [_sandbox.NewPath("one"), _sandbox.NewPath("two")];
        foreach (string image in images)
        {
            var tree = new LayerTree();
            foreach (string name in (string[])["b", "a", "dir/c"])
                tree.Apply(Entry(name, 5, 512, ("user.name", Encoding.UTF8.GetBytes(name)), ("user.all", [1, 2, 3])));
            Write(tree, image, 1024);
        }
        Assert.Equal(File.ReadAllBytes(images[0]), File.ReadAllBytes(images[1]));
    }

    [Fact]
    public void Capability_of_a_thousand_files_is_stored_once()
    {
        LayerTree alike = new(), distinct = new();
        for (int i = 0; i < 1000; i++)
        {
            alike.Apply(Entry($"f{i}", 4, 512, ("security.capability", Capability(0x2000))));
            distinct.Apply(Entry($"f{i}", 4, 512, ("security.capability", Capability(i))));
        }
        string point = Mount(alike, 1024, (512, "same")), image = ImageOf(point);
        for (int i = 0; i < 1000; i++)
            Assert.Equal([("security.capability", Convert.ToHexString(Capability(0x2000)))], XattrsOf(point, $"f{i}"));
        string inline = _sandbox.NewPath("inline");
        Write(distinct, inline, 1024);
        Assert.InRange(new FileInfo(image).Length, 1, new FileInfo(inline).Length - 32 * 999);
        Assert.Equal(1, Occurrences(File.ReadAllBytes(image), Capability(0x2000)));
        Check(point);
    }

    /// <summary>
    /// 300 attributes are more than an inode can share; values of 700 bytes cross blocks wherever they begin.
    /// </summary>
    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 700)]
    [InlineData(255, 3)]
    [InlineData(300, 3)]
    public void Shared_and_own_attributes_are_all_there(int shared, int bytes)
    {
        var tree = new LayerTree();
        (string, byte[])[] common =
            [.. Enumerable.Range(0, shared).Select(i => ($"user.{i:d3}", Enumerable.Repeat((byte)i, bytes).ToArray()))];
        tree.Apply(Entry("none", 4, 512));
        for (int i = 0; i < 5; i++) tree.Apply(Entry($"f{i}", 4, 512, OfFile(i)));
        string point = Mount(tree, 1024, (512, "same"));
        Assert.NotEqual(0, SharedBlock(ImageOf(point)));
        Assert.Empty(XattrsOf(point, "none"));
        for (int i = 0; i < 5; i++)
            Assert.Equal(
                OfFile(i).Select(x => (x.Name, Convert.ToHexString(x.Value))).Order(), XattrsOf(point, $"f{i}"));
        Check(point);

        (string Name, byte[] Value)[] OfFile(int i) => [("trusted.o", [(byte)i]), .. common, ("user.last", [(byte)i])];
    }

    [Theory]
    [InlineData(1, 100, false)]
    [InlineData(2, 1, false)]
    [InlineData(3, 1, true)]
    [InlineData(2, 5, true)]
    [InlineData(2, 100, true)]
    public void Attributes_are_shared_where_that_takes_less(int files, int bytes, bool shared)
    {
        var tree = new LayerTree();
        for (int i = 0; i < files; i++) tree.Apply(Entry($"f{i}", 4, 512, ("user.a", new byte[bytes])));
        string image = _sandbox.NewPath("image");
        Write(tree, image, 1024);
        Assert.Equal(shared, SharedBlock(image) != 0);
    }

    [Fact]
    public void Damaged_superblock_is_refused_by_the_kernel()
    {
        string directory = _sandbox.NewPath("layer"), image = Path.Combine(directory, "layer.erofs");
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, "layer.tar"), new byte[1024]);
        Write(new LayerTree(), image, 1024);
        byte[] bytes = File.ReadAllBytes(image);
        bytes[1024 + 16] ^= 1;
        File.WriteAllBytes(image, bytes);
        var e = Assert.Throws<LinuxException>(
            () => ErofsMount.Attach(directory, "layer.erofs", "layer.tar", directory));
        Assert.Equal(Errno.EBADMSG, e.Errno);
    }

    [Theory]
    [InlineData("with,comma and space")]
    [InlineData("long")]
    public void Any_path_of_a_layer_can_be_mounted(string name)
    {
        var tree = new LayerTree();
        tree.Apply(Entry("f", 4, 512));
        string folder = name == "long" ? string.Join('/', Enumerable.Repeat(new string('l', 200), 3)) : name;
        Assert.Equal("text", File.ReadAllText(Path.Combine(Mount(tree, 1024, folder, (512, "text")), "fs", "f")));
    }

    private static TarEntry Entry(
        string path, long size, long offset, params ReadOnlySpan<(string Name, byte[] Value)> xattrs)
    {
        var entry = new TarEntry { Type = TarEntryType.Regular, Mode = 0x1A4, Size = size, DataOffset = offset };
        entry.PathBytes.Set(Encoding.UTF8.GetBytes(path));
        foreach (var (name, value) in xattrs) entry.Xattrs.Set(Encoding.UTF8.GetBytes(name), value);
        return entry;
    }

    /// <summary>vfs_cap_data of version 2: the kernel gives out no other.</summary>
    private static byte[] Capability(int permitted)
    {
        byte[] data = new byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(data, 0x02000001);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(4), permitted);
        return data;
    }

    /// <summary>What the kernel says, sorted, with values in hexadecimal.</summary>
    private static IEnumerable<(string Name, string Value)> XattrsOf(string point, string name)
    {
        string path = Path.Combine(point, "fs", name);
        Assert.Equal(Errno.None, Xattrs.TryList(path, out string[] names));
        return [.. names.Select(attribute => (attribute, Value(attribute))).Order()];

        string Value(string attribute)
        {
            Assert.Equal(Errno.None, Xattrs.TryGet(path, attribute, out byte[] value));
            return Convert.ToHexString(value);
        }
    }

    private static int SharedBlock(string image) =>
        BinaryPrimitives.ReadInt32LittleEndian(File.ReadAllBytes(image).AsSpan(1024 + 44));

    private static int Occurrences(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> of)
    {
        int count = 0;
        for (int at; (at = bytes.IndexOf(of)) >= 0; bytes = bytes[(at + of.Length)..]) count++;
        return count;
    }

    private static string ImageOf(string point) => Path.Combine(LayerOf(point), "layer.erofs");

    private static void Check(string point) =>
        ErofsTools.Check(ImageOf(point), Path.Combine(LayerOf(point), "layer.tar"));

    private static string LayerOf(string point) => File.ReadAllText(point + ".layer");

    private static void Write(LayerTree tree, string image, long tarBytes)
    {
        using Fd unread = Files.Open("/dev/null", OpenFlags.O_RDONLY); // Nothing has to be copied.
        using Fd fd = Files.Open(image, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, 0x180);
        ErofsWriter.Write(tree, tarBytes, unread, 0, fd);
    }

    private string Mount(LayerTree tree, long tarBytes, params ReadOnlySpan<(long, string)> content) =>
        Mount(tree, tarBytes, "layer", content);

    private string Mount(
        LayerTree tree, long tarBytes, string folder, params ReadOnlySpan<(long At, string Text)> content)
    {
        string directory = Path.Combine(_sandbox.NewPath("mount"), folder), point = _sandbox.NewPath("point");
        Directory.CreateDirectory(directory);
        Directory.CreateDirectory(point);
        using (FileStream tar = File.Create(Path.Combine(directory, "layer.tar")))
        {
            tar.SetLength(tarBytes);
            foreach (var (at, text) in content)
            {
                tar.Position = at;
                tar.Write(Encoding.ASCII.GetBytes(text));
            }
        }
        Write(tree, Path.Combine(directory, "layer.erofs"), tarBytes);
        ErofsMount.Attach(directory, "layer.erofs", "layer.tar", point);
        File.WriteAllText(point + ".layer", directory);
        return point;
    }

    private static string Read(FileStream file, long at)
    {
        byte[] bytes = new byte[4];
        file.Position = at;
        file.ReadExactly(bytes);
        return Encoding.ASCII.GetString(bytes);
    }
}
