using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;

namespace Skiff.Agent.Tests.Networks;

/// <summary>Sysctls of single interfaces, as Docker has them.</summary>
public class EndpointSysctlTests
{
    private const string Key = "com.docker.network.endpoint.sysctls";

    [Fact]
    public void Each_endpoint_has_its_own_whatever_its_interface_is_called()
    {
        using var ground = new NetworkGround();
        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("lan")
        {
            Driver = "macvlan", Options = new() { ["parent"] = "eth0" },
            Subnets = ["203.0.113.0/24"],
        }));
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "a",
        [
            With("bridge", "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.neigh.ifname.gc_stale_time=77",
                ("com.docker.network.endpoint.ifname", "lan0")),
            // What routers say is ignored there by default.
            With("lan", "net.ipv6.conf.IFNAME.accept_ra=2, net.ipv4.conf.IFNAME.forwarding = 1"),
        ]);
        Assert.Equal(("1", "77"), (Read(room, "ipv4/conf/lan0/log_martians"), Read(room,
            "ipv4/neigh/lan0/gc_stale_time")));
        Assert.Equal(("2", "1"), (Read(room, "ipv6/conf/eth0/accept_ra"), Read(room, "ipv4/conf/eth0/forwarding")));
        Assert.Equal(("0", "0"), (Read(room, "ipv4/conf/eth0/log_martians"), Read(room,
            "ipv4/conf/default/log_martians")));
        Assert.Equal("0", ground.Host.Do(() => File.ReadAllText("/proc/sys/net/ipv4/conf/all/log_martians").Trim()));

        ground.Host.Do(() => ground.Module.Create(new NetworkRequest("blue")));
        ground.Host.Do(() => ground.Module.Connect(NetworkGround.Request("a",
            [With("blue", "net.ipv4.conf.IFNAME.log_martians=1")]), room.Namespace, () => true));
        Assert.Equal("1", Read(room, "ipv4/conf/eth1/log_martians"));
        ground.Host.Do(() => ground.Module.Detach("a", deleteLink: true));
    }

    [Theory]
    [InlineData("net.ipv4.conf.IFNAME.there_is_none=1", Errno.ENOENT)]
    [InlineData("net.ipv4.conf.IFNAME.log_martians=x", Errno.EINVAL)]
    public void One_that_the_kernel_does_not_take_fails_the_start_and_leaves_nothing(string sysctl, Errno errno)
    {
        using var ground = new NetworkGround();
        NetworkRoom room = ground.NewRoom();
        LinuxException refused = Assert.Throws<LinuxException>(() =>
            ground.Attach(room, "a", [With("bridge", sysctl)]));
        Assert.Equal(errno, refused.Errno);
        Assert.StartsWith($"set the sysctl {sysctl} of container a on network bridge: "
            + "write(/proc/sys/net/ipv4/conf/eth0/", refused.Message);
        Assert.Empty(ground.State());
        Assert.Equal("lo", string.Join(' ', room.Do(() => Links(room))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("net.ipv4.conf.eth0.log_martians=1")]
    [InlineData("net.ipv4.conf.IFNAME.log_martians=1,")]
    [InlineData("net.core.conf.IFNAME.x=1")]
    [InlineData("kernel.ipv4.conf.IFNAME.x=1")]
    [InlineData("net.ipv4.IFNAME.x=1")]
    [InlineData("net.ipv4.conf.IFNAME.x.y=1")]
    [InlineData("net.ipv4.conf.IFNAME.../../../../kernel/core_pattern=1")]
    [InlineData("net.ipv4./.IFNAME.x=1")]
    [InlineData("net.ipv4.conf.IFNAME.=1")]
    public void What_is_no_sysctl_of_an_interface_is_refused_in_dockers_words(string text) =>
        Assert.Contains("represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V'",
            Assert.Throws<UsageException>(() => EndpointOptions.Check(With("bridge", text))).Message);

    [Fact]
    public void One_without_a_value_is_refused() => Assert.Equal(
        "expected sysctl 'net.ipv4.conf.IFNAME.x' to have format name=value", Assert.Throws<UsageException>(() =>
            EndpointOptions.Check(With("bridge", "net.ipv4.conf.IFNAME.x"))).Message);

    private static EndpointSettings With(string network, string sysctls, params (string, string)[] more)
    {
        var options = new Dictionary<string, string> { [Key] = sysctls };
        foreach (var (key, value) in more) options[key] = value;
        return new EndpointSettings(network) { DriverOptions = options };
    }

    private static IEnumerable<string> Links(NetworkRoom room) =>
        Skiff.Interop.Netlink.Links.List(room.Route).Select(link => link.Name);

    private static string Read(NetworkRoom room, string path) =>
        room.Do(() => File.ReadAllText("/proc/sys/net/" + path).Trim());
}
