using Skiff.Interop.Mounts;
using static Skiff.Interop.Mounts.MountConstants;
using MountCalls = Skiff.Interop.Mounts.Mounts;

namespace Skiff.Interop.Tests.Mounts;

public sealed class MountTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void New_filesystem_has_its_options_and_attributes() => MountNamespace.Run(() =>
    {
        MountCalls.MountFilesystem("tmpfs", "skiff-test", _directory.Path, ["size=1m", "mode=700"],
            MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME);
        Assert.Equal("tmpfs skiff-test rw,nosuid,nodev,noexec,noatime", Find("FSTYPE,SOURCE,VFS-OPTIONS"));
        Assert.Contains("size=1024k", Find("FS-OPTIONS"));
        MountCalls.Unmount(_directory.Path, detach: false);
        Assert.Equal(Errno.EINVAL, MountCalls.TryUnmount(_directory.Path, detach: false));
    });

    [Fact]
    public void Both_mount_calls_give_the_same_mount() => MountNamespace.Run(() =>
    {
        const uint Attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC
            | MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NOSYMFOLLOW;
        MountCalls.MountFilesystem("tmpfs", "t", _directory.Path, ["mode=711"], Attributes);
        string byNewCalls = Find("FSTYPE,SOURCE,VFS-OPTIONS");
        MountCalls.Unmount(_directory.Path, detach: true);
        MountCalls.Mount("t", _directory.Path, "tmpfs", MountCalls.FlagsOf(Attributes), "mode=711");
        Assert.Equal(byNewCalls, Find("FSTYPE,SOURCE,VFS-OPTIONS"));
        Assert.Contains("ro,nosuid,nodev,noexec", byNewCalls);
        MountCalls.Unmount(_directory.Path, detach: true);
    });

    [Fact]
    public void Refused_option_comes_with_the_kernels_words() => MountNamespace.Run(() =>
    {
        var error = Assert.Throws<LinuxException>(
            () => MountCalls.MountFilesystem("tmpfs", "t", _directory.Path, ["no-such-option=1"]));
        Assert.Equal(Errno.EINVAL, error.Errno);
        Assert.Contains("no-such-option", error.Message);
        Assert.Contains("Unknown parameter", error.Message);
        var missing = Assert.Throws<LinuxException>(() => MountCalls.MountFilesystem("nofs", "", _directory.Path));
        Assert.Equal(Errno.ENODEV, missing.Errno);
        Assert.StartsWith("fsopen(nofs): ENODEV", missing.Message);
    });

    [Fact]
    public void Read_only_recursive_bind_covers_the_mounts_below() => MountNamespace.Run(() =>
    {
        Directory.CreateDirectory(_directory["source/inner"]);
        Directory.CreateDirectory(_directory["target"]);
        MountCalls.MountFilesystem("tmpfs", "inner", _directory["source/inner"]);
        MountCalls.Bind(_directory["source"], _directory["target"], recursive: true, MOUNT_ATTR_RDONLY);
        foreach (string path in (string[])["target/file", "target/inner/file"])
        {
            Errno errno = Files.TryOpenAt(
                Fd.Cwd, _directory[path], OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180, out _);
            Assert.Equal(Errno.EROFS, errno);
        }
        File.WriteAllText(_directory["source/inner/file"], "the source stays writable");
        MountCalls.Unmount(_directory["target"], detach: true);
        MountCalls.Bind(_directory["source"], _directory["target"], recursive: false);
        Assert.Empty(Files.ListDirectory(_directory["target/inner"]));
        MountCalls.Unmount(_directory["target"], detach: true);
        MountCalls.Unmount(_directory["source/inner"], detach: true);
    });

    [Fact]
    public void Detached_mount_is_used_by_descriptor_and_dies_with_it() => MountNamespace.Run(() =>
    {
        int before = MountInfo.Read().Count;
        using (Fd mount = MountCalls.CreateFilesystem("tmpfs", [], 0))
        {
            Assert.Equal(Errno.None, Files.TryMkdirAt(mount, "d", 0x1ED));
            using Fd root = Files.OpenAt(mount, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            Assert.Equal([new DirectoryEntry("d", FileType.DT_DIR)], Files.ListDirectory(root));
            Assert.Equal(Errno.None, Files.TryStatFs(mount, out FilesystemStatus status));
            Assert.Equal(FilesystemTypes.TMPFS_MAGIC, status.Type);
        }
        Assert.Equal(before, MountInfo.Read().Count);
    });

    [Fact]
    public void Propagation_is_set_and_shown() => MountNamespace.Run(() =>
    {
        MountCalls.MountFilesystem("tmpfs", "t", _directory.Path);
        MountCalls.SetPropagation(_directory.Path, MS_SHARED, recursive: false);
        Assert.Equal("shared", Find("PROPAGATION"));
        Assert.StartsWith("shared:", Row().Propagation);
        MountCalls.SetPropagation(_directory.Path, MS_UNBINDABLE, recursive: true);
        Assert.Equal("unbindable", Row().Propagation);
        using (Fd mount = Files.Open(_directory.Path, OpenFlags.O_PATH))
            MountCalls.SetAttributes(mount, 0, 0, MS_PRIVATE);
        Assert.Equal(("private", ""), (Find("PROPAGATION"), Row().Propagation));
        MountCalls.Unmount(_directory.Path, detach: true);
    });

    [Fact]
    public void Read_only_loop_device_shows_the_file_and_clears_itself()
    {
        byte[] content = new byte[64 << 10];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(_directory["image"], content);
        string path;
        using (Fd backing = Files.Open(_directory["image"], OpenFlags.O_RDONLY))
        using (LoopDevice device = LoopDevice.Attach(backing, readOnly: true))
        {
            path = device.Path;
            string oracle = Tool.Run("losetup", "-nO", "BACK-FILE,RO,AUTOCLEAR", path);
            Assert.Equal([_directory["image"], "1", "1"], oracle.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(content, Files.ReadAllBytes(path));
        }
        // Somebody else who looks at all disks may have it open for a moment.
        Assert.True(SpinWait.SpinUntil(
            () => !Tool.Run("losetup", "-nO", "BACK-FILE", "-a").Contains(_directory["image"]), 10_000));
    }

    private string Find(string columns) => string.Join(' ', Tool.Run("findmnt", "-rno", columns, _directory.Path).Split(
        ' ', StringSplitOptions.RemoveEmptyEntries));

    private MountInfo Row() => MountInfo.Read().Last(row => row.MountPoint == _directory.Path);
}
