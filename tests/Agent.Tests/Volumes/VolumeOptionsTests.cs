using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Tests.Volumes;

public sealed class VolumeOptionsTests
{
    [Theory]
    [InlineData("nfs", ":/export", "addr=localhost,rw", ":/export", "addr=127.0.0.1,rw")]
    [InlineData("nfs4", ":/export", "rw,addr=192.0.2.1", ":/export", "rw,addr=192.0.2.1")]
    [InlineData("nfs", ":/export", "addr=2001:db8::1", ":/export", "addr=2001:db8::1")]
    [InlineData("nfs", "server:/export", "rw", "server:/export", "rw")]
    [InlineData("cifs", "//localhost/share", "username=a", "//127.0.0.1/share", "username=a")]
    [InlineData("cifs", "//localhost/share/a b", "addr=localhost", "//localhost/share/a b", "addr=127.0.0.1")]
    [InlineData("cifs", "//192.0.2.1", "ro", "//192.0.2.1", "ro")]
    [InlineData("cifs", "//", "ro", "//", "ro")]
    [InlineData("ext4", "//localhost/x", "addr=localhost", "//localhost/x", "addr=localhost")]
    public void A_servers_name_becomes_its_address(
        string type, string device, string options, string resolved, string replaced)
    {
        List<string> list = [.. options.Split(',')];
        Assert.Equal(resolved, VolumeOptions.Resolve(type, device, list));
        Assert.Equal(replaced, string.Join(',', list));
    }

    [Fact]
    public void A_name_that_nobody_knows_is_told() => Assert.Contains("server.invalid",
        Assert.Throws<UsageException>(() => VolumeOptions.Resolve("nfs", ":/x", ["addr=server.invalid"])).Message);

    [Theory]
    [InlineData("a", true)]
    [InlineData(".", true)]
    [InlineData("a/./b//c/", true)]
    [InlineData("a/..", true)]
    [InlineData("..a/b", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("..", false)]
    [InlineData("a/../..", false)]
    [InlineData("../a", false)]
    [InlineData("a/../../a/b", false)]
    public void A_local_path_stays_where_it_begins(string path, bool isLocal) =>
        Assert.Equal(isLocal, Subpath.IsLocal(path));

    [Fact]
    public void A_record_survives_writing_and_reading()
    {
        var volume = new Volume
        {
            Name = "vol", CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Anonymous = true,
            Labels = new() { ["a"] = "ä" }, Options = new() { ["type"] = "tmpfs", ["device"] = "x" },
        };
        Volume read = VolumeFormat.Read(VolumeFormat.Write(volume));
        Assert.Equivalent(volume, read, strict: true);
        Assert.True(read.IsMounted);
    }

    // As written by versions whose volumes had no options.
    [Fact]
    public void A_record_without_options_is_read()
    {
        Volume read = VolumeFormat.Read("""
            {"Name":"vol","CreatedAt":"2026-01-02T03:04:05+00:00","Anonymous":false,"Labels":{"k":"v"}}
            """u8.ToArray());
        Assert.Equal(("vol", 2026, "v"), (read.Name, read.CreatedAt.Year, read.Labels["k"]));
        Assert.False(read.IsMounted);
    }
}
