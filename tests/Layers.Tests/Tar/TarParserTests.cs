using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Corpus;
using Skiff.Layers.Tests.Hostile;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Tar;

public sealed class TarParserTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    /// <summary>What Python's tarfile reads from a tar, in the recorder's words.</summary>
    private const string ReadScript =
        """
        import hashlib, sys, tarfile
        kinds = {tarfile.REGTYPE: 'Regular', tarfile.AREGTYPE: 'Regular', tarfile.LNKTYPE: 'HardLink',
                 tarfile.SYMTYPE: 'Symlink', tarfile.CHRTYPE: 'CharDevice', tarfile.BLKTYPE: 'BlockDevice',
                 tarfile.DIRTYPE: 'Directory', tarfile.FIFOTYPE: 'Fifo'}
        for m in tarfile.open(sys.argv[1]):
            regular = m.isreg()
            device = (m.devmajor, m.devminor) if m.ischr() or m.isblk() else (0, 0)
            line = '%s %s -> %s %o %d:%d %d bytes %d.%09d %d:%d' % (
                kinds[m.type], m.name + '/' * m.isdir(), m.linkname, m.mode, m.uid, m.gid,
                m.size if regular else 0, m.mtime // 1, round(m.mtime % 1 * 1e9), *device)
            data = tarfile.open(sys.argv[1]).extractfile(m).read() if regular else b''
            print(line + (' ' + hashlib.sha256(data).hexdigest()[:16].upper() if regular else ''))
        """;

    private const string Corpus =
        """
        add('a', data=b'1' * 511); add('b', data=b'2' * 512); add('c', data=b'3' * 513); add('zero')
        add('dir', D, mode=0o755); add('dir/link', L, link='../a'); add('dir/hard', H, link='a')
        add('char', C, dev=(4, 64)); add('block', B, dev=(8, 1)); add('pipe', P, mode=0o600)
        add('big-ids', uid=2097151, gid=2097151); add('old', mtime=1); add('suid', mode=0o6755)
        """;

    [Theory]
    [InlineData("USTAR_FORMAT", "add('p' * 90 + '/' + 'n' * 95, data=b'prefix')")]
    [InlineData("GNU_FORMAT", "add('g' * 300); add('s', L, link='t' * 300); add('u', uid=1 << 31, mtime=-5)")]
    [InlineData("GNU_FORMAT", "add('big' , mtime=1 << 33, gid=4294967295)")]
    [InlineData("PAX_FORMAT", "add('\\u00e9' * 120, data=b'x'); add('s', L, link='t' * 300); add('u', uid=1 << 31)")]
    [InlineData("PAX_FORMAT", "add('m', mtime=1700000000.5); add('n', mtime=-1.25); add('e', mtime=1e10)")]
    public void Every_dialect_reads_as_python_reads_it(string format, string more)
    {
        string tar = Oracle.MakeTar(_sandbox, $"{Corpus}\n{more}", format);
        string expected = Shell.Run("python3", "-X", "utf8", "-c", ReadScript, tar);
        Assert.Equal(expected, TarRecorder.Parse(File.ReadAllBytes(tar)));
    }

    [Theory]
    [InlineData("v7")]
    [InlineData("oldgnu")]
    [InlineData("gnu")]
    [InlineData("ustar")]
    [InlineData("posix")]
    public void Formats_of_gnu_tar_are_read(string format)
    {
        string tree = _sandbox.NewPath("tree"), tar = _sandbox.NewPath("gnu.tar");
        Directory.CreateDirectory(Path.Combine(tree, "sub"));
        File.WriteAllText(Path.Combine(tree, "sub", "file"), "content");
        File.CreateSymbolicLink(Path.Combine(tree, "link"), "sub/file");
        Shell.Run("touch", "-h", "-d", "@1700000000", Path.Combine(tree, "sub/file"), Path.Combine(tree, "link"),
            Path.Combine(tree, "sub"), tree);
        Shell.Run("tar", "-c", "-H", format, "--numeric-owner", "--sort=name", "-f", tar, "-C", tree, "link", "sub");
        string[] lines = TarRecorder.Parse(File.ReadAllBytes(tar)).Split('\n');
        Assert.StartsWith("Symlink link -> sub/file 777 0:0 0 bytes 1700000000.000000000", lines[0]);
        Assert.StartsWith("Directory sub/ ->  755 0:0 0 bytes 1700000000.000000000", lines[1]);
        Assert.StartsWith("Regular sub/file ->  644 0:0 7 bytes 1700000000.000000000", lines[2]);
    }

    [Fact]
    public void Every_split_point_gives_the_same_entries()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox,
            """
            add('x', data=b'1' * 700, pax={'SCHILY.xattr.user.a': 'v', 'mtime': '1.5'}); add('n' * 200, data=b'2')
            add('s', L, link='t' * 150); add('end')
            """));
        string whole = TarRecorder.Parse(tar);
        for (int cut = 0; cut < tar.Length; cut++) Assert.Equal(whole, TarRecorder.Parse(tar, cut));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_split_point_of_a_sparse_file_gives_the_same_data(int format)
    {
        var tar = SparseTar.Formats[format].Write(new RawTar(), "f", 90_000,
            [.. Enumerable.Range(0, 40).Select(i => (i * 2000L, 100 + i))]);
        byte[] bytes = tar.Add("next").ToArray();
        string whole = TarRecorder.Parse(bytes);
        Assert.Contains("Regular f ->  644 0:0 90000 bytes", whole);
        for (int cut = 0; cut < bytes.Length; cut++) Assert.Equal(whole, TarRecorder.Parse(bytes, cut));
        int end = tar.Unfinished().Length - 512 - 1; // Before the next header and at least the last byte of data.
        for (int length = end - 511; length > 0; length--)
            Assert.Throws<ImageException>(() => TarRecorder.Parse(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Cut_at_any_byte_of_an_entry_is_noticed()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, "add('n' * 200, data=b'2' * 600)"));
        int end = Array.FindLastIndex(tar, b => b != 0) + 1; // The last byte of content.
        for (int length = 1; length < end; length++)
            Assert.Throws<ImageException>(() => TarRecorder.Parse(tar.AsSpan(0, length)));
        Assert.Contains("600 bytes", TarRecorder.Parse(tar.AsSpan(0, end)));
        Assert.Equal("", TarRecorder.Parse([]));
    }

    [Fact]
    public void Bytes_after_the_end_mark_are_ignored()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, "add('f')"));
        Assert.Equal(TarRecorder.Parse(tar), TarRecorder.Parse([.. tar, .. "rubbish"u8, .. tar]));
    }

    [Fact]
    public void Any_changed_byte_of_a_header_is_noticed()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox, "add('f', data=b'x')"));
        for (int i = 0; i < 512; i++)
        {
            byte[] changed = [.. tar];
            changed[i] ^= 1;
            if (i is < 148 or >= 156) Assert.Throws<ImageException>(() => TarRecorder.Parse(changed));
        }
    }

    [Fact]
    public void Global_records_hold_for_all_entries_until_local_ones_say_otherwise()
    {
        string tar = _sandbox.NewPath("global.tar");
        Shell.Run("python3", "-c",
            """
            import io, sys, tarfile
            t = tarfile.open(sys.argv[1], 'w', format=tarfile.PAX_FORMAT, pax_headers={'uid': '70', 'comment': 'c'})
            for name, pax in [('one', {}), ('two', {'uid': '71'}), ('three', {})]:
                i = tarfile.TarInfo(name)
                i.pax_headers = pax
                t.addfile(i)
            t.close()
            """, tar);
        string[] lines = TarRecorder.Parse(File.ReadAllBytes(tar)).Split('\n');
        Assert.Contains(" 70:0 ", lines[0]);
        Assert.Contains(" 71:0 ", lines[1]);
        Assert.Contains(" 70:0 ", lines[2]);
    }

    [Fact]
    public void Attributes_of_libarchive_are_read_and_those_of_schily_win()
    {
        string tar = Oracle.MakeTar(_sandbox,
            """
            add('f', pax={'LIBARCHIVE.xattr.user.a%20b': 'aGVsbG8', 'LIBARCHIVE.xattr.user.c': 'AAE',
                          'SCHILY.xattr.user.c': 'text'})
            """);
        string text = TarRecorder.Parse(File.ReadAllBytes(tar));
        Assert.Contains("user.a b=" + Convert.ToHexString("hello"u8), text);
        Assert.Contains("user.c=" + Convert.ToHexString("text"u8), text);
    }

    [Theory]
    [InlineData("no length", "expected records")]
    [InlineData("99 a=b\n", "expected records")]
    [InlineData("6 a=b\n6 =bc\n", "has no key")]
    [InlineData("6 a=b ", "expected records")]
    [InlineData("12 mtime=1x\n", "mtime")]
    [InlineData("10 size=x\n", "size")]
    [InlineData("11 size=-1\n", "size")]
    [InlineData("18 uid=4294967296\n", "uid")]
    public void Malformed_records_are_refused(string records, string expected)
    {
        byte[] tar = new byte[2048];
        byte[] body = Encoding.ASCII.GetBytes(records);
        Header(tar, 'x', body.Length);
        body.CopyTo(tar, 512);
        var e = Assert.Throws<ImageException>(() => TarRecorder.Parse(tar));
        Assert.Contains(expected, e.Message);
    }

    [Fact]
    public void Steady_state_allocates_nothing()
    {
        byte[] tar = File.ReadAllBytes(Oracle.MakeTar(_sandbox,
            "for i in range(1000): add('dir/%d' % i + 'n' * 120, data=b'x' * 100)"));
        // What the runtime sets up when code is run for the first time is none of the parser's.
        new TarParser(new Silent()).Append(tar);
        var parser = new TarParser(new Silent());
        parser.Append(tar.AsSpan(0, 100_000));
        long before = GC.GetAllocatedBytesForCurrentThread();
        parser.Append(tar.AsSpan(100_000));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Header(byte[] block, char type, int size)
    {
        Encoding.ASCII.GetBytes("name").CopyTo(block, 0);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(block, 124);
        block[156] = (byte)type;
        block.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in block.AsSpan(0, 512)) sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(block, 148);
    }

    private sealed class Silent : ITarVisitor
    {
        public void Entry(TarEntry entry) { }

        public void Data(long offset, ReadOnlySpan<byte> data) { }

        public void EndOfData() { }
    }
}
