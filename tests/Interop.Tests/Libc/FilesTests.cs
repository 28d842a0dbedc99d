using System.Globalization;
using System.Text;

namespace Skiff.Interop.Tests.Libc;

public sealed class FilesTests : IDisposable
{
    private const uint S_IFCHR = 0x2000;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Stat_agrees_with_stat_1()
    {
        File.WriteAllText(_directory["file"], "12345");
        Tool.Run("chown", "123:456", _directory["file"]);
        Tool.Run("chmod", "4750", _directory["file"]);
        Tool.Run("touch", "-d", "1969-12-31T23:59:58.25Z", _directory["file"]);
        Tool.Run("ln", _directory["file"], _directory["second"]);
        FileStatus status = Files.Stat(_directory["file"]);
        string[] oracle = Tool.Run("stat", "-c", "%f %u %g %s %i %h %Y %b %d", _directory["file"]).Split(' ');
        Assert.Equal(
            [status.Mode.ToString("x", CultureInfo.InvariantCulture), $"{status.Uid}", $"{status.Gid}",
                $"{status.Size}", $"{status.Ino}", $"{status.Nlink}", $"{status.MtimeSeconds}",
                $"{status.AllocatedBytes / 512}", $"{Files.DeviceNumber(status.DevMajor, status.DevMinor)}"],
            oracle);
        Assert.Equal(250_000_000u, status.MtimeNanoseconds);
        Assert.Equal(Convert.ToUInt32("4750", 8), status.Permissions);
        Assert.True(status.IsRegular);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(8192)]
    [InlineData(300_001)]
    public void A_file_is_read_to_its_end_whatever_its_size(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        File.WriteAllBytes(_directory["file"], content);
        Assert.Equal(content, Files.ReadAllBytes(_directory["file"]));
        using Fd file = Files.Open(_directory["file"], OpenFlags.O_RDONLY);
        var skipped = new byte[Math.Min(100, size)];
        Assert.Equal(Errno.None, Files.TryRead(file, skipped, out int count));
        Assert.Equal(Errno.None, Files.TryReadToEnd(file, out byte[] rest));
        Assert.Equal(content[count..], rest);
    }

    [Fact]
    public void What_has_no_size_is_read_to_its_end()
    {
        // A file of the kernel's that is larger than any first buffer, and what comes through a pipe.
        string[] lines = Files.ReadAllText("/proc/kallsyms").Split('\n');
        Assert.True(lines.Length > 10_000 && lines[^1].Length == 0, $"{lines.Length} lines");
        var (a, b) = UnixSocket.Pair(UnixSocketType.SOCK_STREAM);
        byte[] content = new byte[70_000];
        new Random(1).NextBytes(content);
        var sender = new Thread(() =>
        {
            using (a) Files.WriteAll(a.Fd, content);
        });
        sender.Start();
        using (b)
        {
            Assert.Equal(Errno.None, Files.TryReadToEnd(b.Fd, out byte[] received));
            Assert.Equal(content, received);
        }
        sender.Join();
    }

    [Fact]
    public void An_error_of_a_read_has_the_errno_and_the_file()
    {
        using Fd file = Files.Open(_directory["written"], OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180);
        LinuxException e = Assert.Throws<LinuxException>(() => Files.PRead(file, new byte[1], 0));
        Assert.Equal(Errno.EBADF, e.Errno);
        Assert.Contains(_directory["written"], e.Message);
    }

    [Fact]
    public void Stat_of_a_symlink_follows_only_when_asked()
    {
        using Fd directory = _directory.Open();
        Assert.Equal(Errno.None, Files.TrySymlinkAt("nowhere", directory, "link"));
        Assert.Equal(Errno.ENOENT, Files.TryStatAt(directory, "link", AtFlags.None, out _));
        Assert.Equal(Errno.None, Files.TryStatAt(directory, "link", AtFlags.AT_SYMLINK_NOFOLLOW, out var status));
        Assert.True(status.IsSymlink);
        Assert.True(Files.Exists(_directory["link"]));
        Assert.False(Files.Exists(_directory["nothing"]));
    }

    [Fact]
    public void Mount_id_and_mount_root_agree_with_findmnt()
    {
        FileStatus proc = Files.Stat("/proc");
        Assert.Equal(Tool.Run("findmnt", "-no", "ID", "/proc").Trim(), $"{proc.MountId}");
        Assert.True(proc.IsMountRoot);
        Assert.False(Files.Stat("/proc/self").IsMountRoot);
    }

    [Fact]
    public void Statfs_agrees_with_stat_f()
    {
        Assert.Equal(Errno.None, Files.TryStatFs("/proc", out FilesystemStatus proc));
        Assert.Equal(FilesystemTypes.PROC_SUPER_MAGIC, proc.Type);
        Assert.Equal(Errno.None, Files.TryStatFs(_directory.Path, out FilesystemStatus status));
        string[] oracle = Tool.Run("stat", "-f", "-c", "%t %b %S %c", _directory.Path).Split(' ');
        Assert.Equal(oracle[0], status.Type.ToString("x", CultureInfo.InvariantCulture));
        Assert.Equal(ulong.Parse(oracle[1]) * ulong.Parse(oracle[2]), status.TotalBytes);
        Assert.Equal(oracle[3], $"{status.TotalInodes}");
        using Fd directory = _directory.Open();
        Assert.Equal(Errno.None, Files.TryStatFs(directory, out FilesystemStatus same));
        Assert.Equal(status.Type, same.Type);
        Assert.InRange(status.AvailableBytes, 1ul, status.TotalBytes);
    }

    [Fact]
    public void Read_all_text_reads_procfs() =>
        Assert.Equal(File.ReadAllText("/proc/self/mountinfo"), Files.ReadAllText("/proc/self/mountinfo"));

    [Fact]
    public void Write_file_never_creates()
    {
        Assert.Equal(Errno.ENOENT, Files.TryWriteFile(_directory["missing"], "x"));
        Assert.False(File.Exists(_directory["missing"]));
        Assert.Equal(Errno.None, Files.TryWriteFile("/proc/self/comm", "renamed"));
        Assert.Equal("renamed\n", Files.ReadAllText("/proc/self/comm"));
        var error = Assert.Throws<LinuxException>(() => Files.WriteFile("/proc/self/oom_score_adj", "5000"));
        Assert.Equal(Errno.EINVAL, error.Errno);
    }

    [Fact]
    public void List_directory_has_every_name_and_type()
    {
        var expected = new List<DirectoryEntry>();
        for (int i = 0; i < 1500; i++)
        {
            File.WriteAllText(_directory[$"file-with-a-rather-long-name-{i}"], "");
            expected.Add(new DirectoryEntry($"file-with-a-rather-long-name-{i}", FileType.DT_REG));
        }
        using Fd directory = _directory.Open();
        Assert.Equal(Errno.None, Files.TryMkdirAt(directory, "d", 0x1ED));
        Assert.Equal(Errno.None, Files.TrySymlinkAt("d", directory, "l"));
        Assert.Equal(Errno.None, Files.TryMknodAt(directory, "p", 0x1000 | 0x180));
        expected.AddRange([new("d", FileType.DT_DIR), new("l", FileType.DT_LNK), new("p", FileType.DT_FIFO)]);
        Assert.Equal(expected.OrderBy(e => e.Name), Files.ListDirectory(directory).OrderBy(e => e.Name));
        Assert.Equal(expected.Count, Files.ListDirectory(directory).Count);
    }

    [Fact]
    public void Nodes_owners_modes_links_and_times_agree_with_stat_1()
    {
        using Fd directory = _directory.Open();
        Assert.Equal(Errno.None, Files.TryMknodAt(directory, "node", S_IFCHR | 0x180, 10, 70000));
        Assert.Equal(Errno.None, Files.TryChmodAt(directory, "node", 0x1A4));
        Assert.Equal(Errno.None, Files.TryChownAt(directory, "node", 1000, 70000));
        Assert.Equal(Errno.None, Files.TryLinkAt(directory, "node", directory, "second"));
        Assert.Equal(Errno.None, Files.TryUtimens(directory, "node", -5, 7));
        string oracle = Tool.Run("stat", "-c", "%F %Hr:%Lr %a %u %g %h %.9Y", _directory["node"]);
        Assert.Equal("character special file 10:70000 644 1000 70000 2 -5.000000007",
            oracle.Replace("-4.999999993", "-5.000000007"));
        FileStatus status = Files.Stat(_directory["node"]);
        Assert.Equal((-5L, 7u), (status.MtimeSeconds, status.MtimeNanoseconds));
        Assert.Equal((10u, 70000u), (status.RdevMajor, status.RdevMinor));
    }

    [Fact]
    public void Chown_and_utimens_touch_a_symlink_itself()
    {
        using Fd directory = _directory.Open();
        File.WriteAllText(_directory["target"], "");
        Assert.Equal(Errno.None, Files.TrySymlinkAt("target", directory, "link"));
        Assert.Equal(Errno.None, Files.TryChownAt(directory, "link", 7, 8));
        Assert.Equal(Errno.None, Files.TryUtimens(directory, "link", 100, 0));
        Assert.Equal(Errno.EOPNOTSUPP, Files.TryChmodAt(directory, "link", 0x1FF, noFollow: true));
        Assert.Equal("0 0 7 8 100", Tool.Run("stat", "-c", "%u %g", _directory["target"]) + " "
            + Tool.Run("stat", "-c", "%u %g %Y", _directory["link"]));
    }

    [Fact]
    public void Space_is_reserved_and_cut()
    {
        using Fd file = Files.Open(_directory["file"], OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        Assert.Equal(Errno.None, Files.TryFallocate(file, 0, 1 << 20, keepSize: true));
        Assert.Equal((0L, true), (Files.Stat(file).Size, Files.Stat(file).AllocatedBytes >= 1 << 20));
        Files.Ftruncate(file, 12345);
        Assert.Equal(12345, Files.Stat(file).Size);
        Files.Fdatasync(file);
        Files.SyncFs(file);
        Assert.Equal(Errno.None, Files.StartWriteback(file, 0, 4096));
        Assert.Equal(Errno.None, Files.FinishWriteback(file, 0, 4096));
        Assert.Equal(Errno.None, Files.DropCache(file));
    }

    [Fact]
    public void Copy_range_copies_between_offsets_until_the_end()
    {
        File.WriteAllText(_directory["a"], "0123456789");
        using Fd from = Files.Open(_directory["a"], OpenFlags.O_RDONLY);
        using Fd to = Files.Open(_directory["b"], OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180);
        Assert.Equal(Errno.None, Files.TryCopyRange(from, 4, to, 2, 100, out long count));
        Assert.Equal(6, count);
        Assert.Equal(Errno.None, Files.TryCopyRange(from, 10, to, 8, 100, out count));
        Assert.Equal(0, count);
        Assert.Equal("\0\0456789", File.ReadAllText(_directory["b"]));
    }

    [Fact]
    public void Pipes_block_only_when_asked_and_are_close_on_exec()
    {
        var (read, write) = Files.Pipe();
        using (read)
        using (write)
        {
            Files.SetNonBlocking(read);
            Assert.Equal(Errno.EAGAIN, Files.TryRead(read, new byte[1], out _));
            Assert.Equal(PollEvents.None, Files.Poll(read, PollEvents.POLLIN, 1));
            using Fd second = Files.Dup(write);
            write.Dispose();
            Files.WriteAll(second, "x"u8);
            Assert.Equal(PollEvents.POLLIN, Files.Poll(read, PollEvents.POLLIN, -1));
            string flags = File.ReadAllLines($"/proc/self/fdinfo/{second.Number}")[1];
            Assert.Equal(1, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) >> 19);
        }
    }

    [Fact]
    public void Memory_file_refuses_writes_once_sealed()
    {
        using Fd file = Files.MemoryFile("config");
        Files.WriteAll(file, "abc"u8);
        Files.Seal(file);
        Assert.Equal(Errno.EPERM, Files.TryWrite(file, "d"u8, out _));
        Files.Seek(file, 0);
        Assert.Equal(Errno.None, Files.TryReadToEnd(file, out byte[] content));
        Assert.Equal("abc", Encoding.UTF8.GetString(content));
        Assert.Contains("memfd:config", file.ToString());
    }

    [Fact]
    public void Umask_returns_the_old_mask()
    {
        uint old = Files.SetUmask(0x3F);
        Assert.Equal(0x3Fu, Files.SetUmask(old));
    }
}
