using System.Formats.Tar;
using System.Text;
using static Skiff.System.Tests.HostileImage;

namespace Skiff.System.Tests;

/// <summary>Images whose root directory is a trap for whoever sets up a container in it.</summary>
public sealed class HostileRootTests(SkiffHost host)
{
    [Theory]
    [InlineData("proc", "tmp")]
    [InlineData("sys", "/tmp")]
    [InlineData("dev", "../../../../tmp")]
    public void A_kernels_directory_that_is_a_symlink_is_refused(string name, string target)
    {
        // CVE-2019-19921: what is mounted there lands elsewhere, and /proc is the image's.
        using var image = new HostileImage(host, new PaxTarEntry(TarEntryType.Directory, "tmp/"), Link(name, target));
        host.Run("run", "--rm", image.Name, "true").FailsClearly(125, $"/{name}", "real");
    }

    [Theory]
    [InlineData("-v", "VOLUME:/trap/here")]
    [InlineData("-w", "/trap/here")]
    [InlineData("--tmpfs", "/trap/here")]
    [InlineData("--mount", "type=bind,source=/etc/hostname,target=/trap/file")]
    public void What_is_made_for_a_mount_is_made_inside(string flag, string value)
    {
        string bait = host.NewFolder(), volume = host.NewName("v");
        using var image = new HostileImage(host, Link("trap", bait), Link("etc/hosts", bait + "/hosts"),
            Link("etc/resolv.conf", "../../../../.." + bait + "/resolv.conf"),
            new PaxTarEntry(TarEntryType.Directory, bait[1..] + "/"));
        Assert.Equal("there", host.Run("run", "--rm", flag, value.Replace("VOLUME", volume), image.Name, "sh", "-c",
            "test -e /trap/here -o -e /trap/file && echo there").Text());
        Assert.Empty(Directory.GetFileSystemEntries(bait));
        host.Run("volume", "rm", volume);
    }

    [Fact]
    public void A_mount_that_a_symlink_leads_into_proc_redirects_no_write_of_the_engine()
    {
        // CVE-2025-52881: the sysctls that every container gets would be written to what the volume's link names.
        const string Sysctl = "net/ipv4/ip_unprivileged_port_start";
        string volume = host.NewName("v");
        host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "sh", "-c",
            $"mkdir -p /v/net/ipv4; ln -s /bait /v/{Sysctl}").Exits(0);
        using var image = new HostileImage(host, Link("trap", "proc"), Content("bait", "bait"u8.ToArray()));
        CommandResult result = host.Run("run", "--rm", "-v", $"{volume}:/trap/sys", image.Name, "cat", "/bait");
        Assert.Equal("bait", result.Exits(0).Out);
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/proc/sys")]
    [InlineData("/proc/self/attr")]
    public void Nothing_is_mounted_on_proc(string target)
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        host.Run("run", "--rm", "-v", $"{host.NewFolder()}:{target}", host.Busybox, "true")
            .FailsClearly(125, "inside /proc");
    }

    public static TheoryData<string> PasswdKinds => ["fifo", "zero", "directory", "socket", "outside", "environment"];

    [Theory]
    [MemberData(nameof(PasswdKinds))]
    public void Users_come_from_files_of_the_image_only(string kind)
    {
        using var image = new HostileImage(host, Passwd(kind));
        host.Run("run", "--rm", image.Name, "true").Exits(0);
        host.Run("run", "--rm", "-u", "daemon", image.Name, "true").FailsClearly(125, "unable to find user daemon");
    }

    [Fact]
    public void A_list_of_users_that_has_no_end_is_refused()
    {
        byte[] huge = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x:x:1:1::/:/bin/sh\n", 300_000)));
        using var image = new HostileImage(host, Content("etc/passwd", huge));
        host.Run("run", "--rm", "-u", "x", image.Name, "true").FailsClearly(126, "/etc/passwd", "larger");
    }

    // The host has a user daemon; none of these images has.
    private static TarEntry Passwd(string kind) => kind switch
    {
        "fifo" => new PaxTarEntry(TarEntryType.Fifo, "etc/passwd"),
        "zero" => new PaxTarEntry(TarEntryType.CharacterDevice, "etc/passwd") { DeviceMajor = 1, DeviceMinor = 5 },
        "directory" => new PaxTarEntry(TarEntryType.Directory, "etc/passwd/"),
        "socket" => Link("etc/passwd", "/dev/log"),
        "outside" => Link("etc/passwd", "../../../../../../etc/passwd"),
        _ => Link("etc/passwd", "/proc/self/root/etc/passwd"),
    };
}
