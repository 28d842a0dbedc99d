using System.Text;
using Skiff.Interop.Mounts;
using MountCalls = Skiff.Interop.Mounts.Mounts;

namespace Skiff.Interop.Tests.Mounts;

public sealed class MountInfoTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Rows_agree_with_findmnt() => MountNamespace.Run(() =>
    {
        string strange = _directory["with space\tand\nnewline\\and #"];
        Directory.CreateDirectory(strange);
        MountCalls.MountFilesystem("tmpfs", "strange source", strange);
        // One snapshot for both: other tests mount meanwhile in their own namespaces, and this one is ours alone.
        MountInfo row = MountInfo.Read().Last();
        Assert.Equal((strange, "strange source", "tmpfs", "/"),
            (row.MountPoint, row.Source, row.FilesystemType, row.Root));
        string[] ours = [.. MountInfo.Read().Where(r => r.MountPoint != strange)
            .Select(r =>
                $"{r.Id} {r.ParentId} {r.Major}:{r.Minor} {r.Root} {r.FilesystemType} {r.Options} {r.SuperOptions}")];
        string[] theirs = [.. Tool.Run("findmnt", "-rnuo", "ID,PARENT,MAJ:MIN,FSROOT,FSTYPE,VFS-OPTIONS,FS-OPTIONS")
            .Split('\n').Where(line => !line.StartsWith($"{row.Id} ", StringComparison.Ordinal))];
        Assert.Equal(theirs.Order(), ours.Order());
        Assert.Equal(Files.Stat(strange).MountId, (ulong)row.Id);
        MountCalls.Unmount(strange, detach: true);
    });

    [Theory]
    [InlineData("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue",
        "36 35 98 0 /mnt1 /mnt2 rw,noatime [master:1 propagate_from:2] ext3 /dev/root rw,errors=continue False")]
    [InlineData("1 0 0:2 / / rw - rootfs none ro", "1 0 0 2 / / rw [] rootfs none ro True")]
    [InlineData(@"2 1 7:0 /a\134b /c\040d\011e\012f ro - 9p x\043y rw",
        "2 1 7 0 /a\\b /c d\te\nf ro [] 9p x#y rw True")]
    [InlineData(@"2 1 7:0 / /trailing\04 rw - x  rw", @"2 1 7 0 / /trailing\04 rw [] x  rw False")]
    public void Line_is_parsed(string line, string expected)
    {
        MountInfo r = Assert.Single(MountInfo.Parse(Encoding.UTF8.GetBytes(line + "\n")));
        Assert.Equal(expected, $"{r.Id} {r.ParentId} {r.Major} {r.Minor} {r.Root} {r.MountPoint} {r.Options} "
            + $"[{r.Propagation}] {r.FilesystemType} {r.Source} {r.SuperOptions} {r.IsReadOnly}");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1 2 3")]
    [InlineData("1 2 0:1 / / rw shared:1 ext4 dev rw")]
    [InlineData("1 2 0:-1 / / rw - ext4 dev rw")]
    public void Line_that_is_no_mount_is_refused(string line) =>
        Assert.Throws<FormatException>(() => MountInfo.Parse(Encoding.UTF8.GetBytes(line)));
}
