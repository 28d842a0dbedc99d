using System.Text;

namespace Skiff.Interop.Tests.Libc;

public sealed class XattrTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Attributes_are_set_listed_read_and_removed_by_path_and_descriptor()
    {
        string path = _directory["file"];
        File.WriteAllText(path, "");
        using Fd fd = Files.Open(path, OpenFlags.O_RDONLY);
        Assert.Equal(Errno.None, Xattrs.TrySet(path, "user.by-path", "one\0two"u8));
        Assert.Equal(Errno.None, Xattrs.TrySet(fd, "trusted.by-fd", default));
        Assert.Equal("one\0two"u8.ToArray(), Value(Xattrs.TryGet(fd, "user.by-path", out byte[] value), value));
        Assert.Empty(Value(Xattrs.TryGet(path, "trusted.by-fd", out value), value));
        Assert.Equal(Errno.None, Xattrs.TryList(path, out string[] names));
        Assert.Equal(["trusted.by-fd", "user.by-path"], names.Where(OurOwn).Order());
        Assert.Equal(Errno.None, Xattrs.TryRemove(fd, "user.by-path"));
        Assert.Equal(Errno.None, Xattrs.TryRemove(path, "trusted.by-fd"));
        Assert.Equal(Errno.None, Xattrs.TryList(fd, out names));
        Assert.DoesNotContain(names, OurOwn);
        Assert.Equal(Errno.ENODATA, Xattrs.TryGet(path, "user.by-path", out _));
        Assert.Equal(Errno.ENODATA, Xattrs.TryRemove(path, "user.by-path"));
    }

    [Fact]
    public void A_descriptor_that_is_not_open_for_reading_sets_attributes_too()
    {
        File.WriteAllText(_directory["file"], "");
        using Fd fd = Files.Open(_directory["file"], OpenFlags.O_PATH);
        Assert.Equal(Errno.None, Xattrs.TrySet(fd, "trusted.x", "v"u8));
        Assert.Equal("v"u8.ToArray(), Value(Xattrs.TryGet(_directory["file"], "trusted.x", out byte[] value), value));
    }

    [Fact]
    public void Attribute_of_a_symlink_is_the_links_own()
    {
        File.WriteAllText(_directory["target"], "");
        File.CreateSymbolicLink(_directory["link"], "target");
        Assert.Equal(Errno.None, Xattrs.TrySet(_directory["link"], "trusted.x", "v"u8));
        Assert.Equal(Errno.ENODATA, Xattrs.TryGet(_directory["target"], "trusted.x", out _));
        Assert.Equal(Errno.None, Xattrs.TryGet(_directory["link"], "trusted.x", out byte[] value));
        Assert.Equal("v", Encoding.ASCII.GetString(value));
    }

    [Fact]
    public void Descriptor_that_only_names_a_symlink_gives_the_links_own_attributes()
    {
        File.WriteAllText(_directory["target"], "");
        File.CreateSymbolicLink(_directory["link"], "target");
        Assert.Equal(Errno.None, Xattrs.TrySet(_directory["target"], "trusted.by-target", "t"u8));
        Assert.Equal(Errno.None, Xattrs.TrySet(_directory["link"], "trusted.by-link", "l"u8));
        using Fd link = Files.Open(_directory["link"], OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW);
        File.Move(_directory["link"], _directory["moved"]);
        Assert.Equal(Errno.None, Xattrs.TryList(link, out string[] names));
        Assert.Equal(["trusted.by-link"], names.Where(OurOwn));
        Assert.Equal("l"u8.ToArray(), Value(Xattrs.TryGet(link, "trusted.by-link", out byte[] value), value));
        Assert.Equal(Errno.ENODATA, Xattrs.TryGet(link, "trusted.by-target", out _));
    }

    private static bool OurOwn(string name) => name.Contains(".by-", StringComparison.Ordinal);

    private static byte[] Value(Errno errno, byte[] value)
    {
        Assert.Equal(Errno.None, errno);
        return value;
    }
}
