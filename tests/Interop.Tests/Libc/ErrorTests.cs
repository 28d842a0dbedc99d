using System.Runtime.InteropServices;

namespace Skiff.Interop.Tests.Libc;

public sealed class ErrorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Message_says_what_which_call_where_and_why()
    {
        var error = Assert.Throws<LinuxException>(() => Files.Open("/no/such", OpenFlags.O_RDONLY));
        Assert.Equal("openat(/no/such): ENOENT (No such file or directory)", error.Message);
        Assert.Equal((Errno.ENOENT, "openat", "/no/such"), (error.Errno, error.Call, error.Path));
        Assert.Equal("starting web: openat(/no/such): ENOENT (No such file or directory)",
            error.While("starting web").Message);
        Assert.StartsWith("run web: starting web: openat(", error.While("starting web").While("run web").Message);
    }

    [Fact]
    public void Path_below_a_descriptor_names_the_directory()
    {
        using Fd directory = _directory.Open();
        var error = Assert.Throws<LinuxException>(() => Files.OpenAt(directory, "x", OpenFlags.O_RDONLY));
        Assert.Equal($"{directory.Number}<{_directory.Path}>, x", error.Path);
        Assert.Equal($"{directory.Number}<{_directory.Path}>", directory.ToString());
    }

    [Theory]
    [InlineData("mount", Errno.ENOSPC, "mount-max")]
    [InlineData("move_mount", Errno.ENOSPC, "mount-max")]
    [InlineData("clone3", Errno.ENOSPC, "namespaces")]
    [InlineData("write cgroup", Errno.EBUSY, "no process itself")]
    [InlineData("execve", Errno.ENOENT, "interpreter")]
    [InlineData("inotify_add_watch", Errno.ENOSPC, "max_user_watches")]
    public void Misleading_errno_gets_a_hint(string call, Errno errno, string words)
    {
        Assert.Contains(words, ErrnoHints.For(call, errno));
        Assert.Contains("; ", new LinuxException(errno, call, "p").Message);
        Assert.EndsWith(ErrnoHints.For(call, errno)!, new LinuxException(errno, call, "p").Message);
        Assert.Equal(ErrnoHints.For(call, errno), ErrnoHints.For($"{call} overlay", errno));
    }

    [Theory]
    [InlineData("write", Errno.ENOSPC, "`skiff system prune`")]
    [InlineData("mkdir", Errno.ENOSPC, "df -i for inodes")]
    [InlineData("openat", Errno.EDQUOT, "quota")]
    [InlineData("fdatasync", Errno.EIO, "dmesg")]
    public void Full_or_broken_disk_gets_a_hint(string call, Errno errno, string words) =>
        Assert.Contains(words, ErrnoHints.For(call, errno));

    [Theory]
    [InlineData("mount", Errno.EACCES)]
    [InlineData("bpf", Errno.ENOSPC)]
    [InlineData("write cgroup", Errno.ENOSPC)]
    [InlineData("read", Errno.EIO)]
    [InlineData("mount_setattr", Errno.ENOSPC)]
    [InlineData("mountain", Errno.ENOSPC)]
    [InlineData("moun", Errno.ENOSPC)]
    public void Other_calls_and_errnos_get_none(string call, Errno errno) => Assert.Null(ErrnoHints.For(call, errno));

    [Fact]
    public void Every_errno_has_the_text_of_the_C_library()
    {
        foreach (Errno errno in Enum.GetValues<Errno>())
            if (errno != Errno.None)
                Assert.Equal($"{errno} ({Marshal.GetPInvokeErrorMessage((int)errno)})", ErrnoText.Of(errno));
        Assert.Equal("EBUSY (Device or resource busy)", ErrnoText.Of(Errno.EBUSY));
    }

    [Fact]
    public void Path_with_a_NUL_is_refused_before_the_kernel_cuts_it()
    {
        var error = Assert.Throws<LinuxException>(() => Files.Open("/etc\0/passwd", OpenFlags.O_RDONLY));
        Assert.Equal(Errno.EINVAL, error.Errno);
    }

    [Fact]
    public void Atomic_file_is_replaced_whole_and_leaves_no_temporary()
    {
        AtomicFile.Replace(_directory["state"], "old"u8, durable: true);
        AtomicFile.Replace(_directory["state"], "new"u8, durable: false, 0x180);
        Assert.Equal("new", File.ReadAllText(_directory["state"]));
        Assert.Equal("600", Tool.Run("stat", "-c", "%a", _directory["state"]));
        Directory.CreateDirectory(_directory["directory"]);
        Assert.Equal(Errno.EISDIR,
            Assert.Throws<LinuxException>(() => AtomicFile.Replace(_directory["directory"], "x"u8, false)).Errno);
        Assert.Equal(["directory", "state"], Files.ListDirectory(_directory.Path).Select(e => e.Name).Order());
    }

    [Fact]
    public void Lock_is_exclusive_between_descriptions_and_ends_with_them()
    {
        using Fd first = Files.Open(_directory["lock"], OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        using Fd second = Files.Open(_directory["lock"], OpenFlags.O_RDWR);
        Assert.Equal(Errno.None, Files.TryFlock(first, exclusive: true, wait: false));
        Assert.Equal(Errno.EAGAIN, Files.TryFlock(second, exclusive: false, wait: false));
        first.Dispose();
        Assert.Equal(Errno.None, Files.TryFlock(second, exclusive: true, wait: false));
        using Fd third = Files.Open(_directory["lock"], OpenFlags.O_RDWR);
        Files.Unlock(second);
        Assert.Equal(Errno.None, Files.TryFlock(third, exclusive: true, wait: false));
    }

    [Fact]
    public void Path_cannot_leave_the_root_that_openat2_was_given()
    {
        Directory.CreateDirectory(_directory["root/etc"]);
        File.WriteAllText(_directory["root/etc/passwd"], "inside");
        File.CreateSymbolicLink(_directory["root/link"], "/etc/passwd");
        using Fd root = Files.Open(_directory["root"], OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        foreach (string path in (string[])["/etc/passwd", "../../../etc/passwd", "link", "etc/../../etc/passwd"])
        {
            using Fd file = Files.OpenAt2(root, path, OpenFlags.O_RDONLY, 0, ResolveFlags.RESOLVE_IN_ROOT);
            Assert.Equal("inside", System.Text.Encoding.ASCII.GetString(Read(file)));
        }
        Assert.Equal(Errno.EXDEV,
            Files.TryOpenAt2(root, "../x", OpenFlags.O_RDONLY, 0, ResolveFlags.RESOLVE_BENEATH, out _));
        Assert.Equal(Errno.ELOOP,
            Files.TryOpenAt2(root, "link", OpenFlags.O_RDONLY, 0, ResolveFlags.RESOLVE_NO_SYMLINKS, out _));
    }

    private static byte[] Read(Fd file)
    {
        Assert.Equal(Errno.None, Files.TryReadToEnd(file, out byte[] content));
        return content;
    }
}
