using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Tests.Networks;

public class NameFilesTests
{
    private static readonly string[] s_none = [];

    [Theory]
    [InlineData("nameserver 10.0.0.1\n", "nameserver 10.0.0.1\n")]
    [InlineData("nameserver 127.0.0.1\nnameserver 10.0.0.1\n", "nameserver 10.0.0.1\n")]
    [InlineData("nameserver 127.0.0.53\n", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData("nameserver ::1\nnameserver fe80::1%eth0\nnameserver fd00::1\nnameserver 9.9.9.9",
        "nameserver 9.9.9.9\n")]
    [InlineData("", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData("# nameserver 1.1.1.1\n;nameserver 1.1.1.2\nnameservers 1.1.1.3\n  nameserver\t1.1.1.4 # x\n",
        "nameserver 1.1.1.4\n")]
    [InlineData("domain a.example\nsearch b.example c.example\noptions ndots:2 edns0\nnameserver 1.1.1.1\n",
        "nameserver 1.1.1.1\nsearch b.example c.example\noptions ndots:2 edns0\n")]
    public void Containers_get_the_hosts_resolvers_that_they_can_reach(string host, string expected) =>
        Assert.Equal(expected, ResolvConf.Build(host, s_none, s_none, s_none));

    [Fact]
    public void Dns_options_replace_the_hosts_of_their_kind()
    {
        const string host = "nameserver 1.1.1.1\nsearch a.example\noptions ndots:2\n";
        Assert.Equal("nameserver 127.0.0.1\nsearch a.example\noptions ndots:2\n",
            ResolvConf.Build(host, ["127.0.0.1"], s_none, s_none));
        Assert.Equal("nameserver 1.1.1.1\nsearch b c\noptions rotate\n",
            ResolvConf.Build(host, s_none, ["b", "c"], ["rotate"]));
        Assert.Equal("nameserver 1.1.1.1\noptions ndots:2\n", ResolvConf.Build(host, s_none, ["."], s_none));
    }

    [Fact]
    public void Host_network_and_Ipv6_keep_more_resolvers()
    {
        const string host = "nameserver 127.0.0.1\nnameserver fd00::1\n";
        Assert.Equal(host, ResolvConf.Build(host, s_none, s_none, s_none, sharesHost: true));
        Assert.Equal("nameserver fd00::1\n", ResolvConf.Build(host, s_none, s_none, s_none, ipv6: true));
    }

    [Fact]
    public void Behind_systemd_resolved_the_real_servers_are_read()
    {
        string stub = Path.GetTempFileName();
        string upstream = Path.GetTempFileName();
        try
        {
            File.WriteAllText(stub, "nameserver 127.0.0.53\n");
            File.WriteAllText(upstream, "nameserver 10.1.1.1\n");
            Assert.Equal("nameserver 10.1.1.1\n", ResolvConf.ReadHost(stub, upstream));
            Assert.Equal("nameserver 127.0.0.53\n", ResolvConf.ReadHost(stub, upstream + ".missing"));
            Assert.Equal("", ResolvConf.ReadHost(stub + ".missing", upstream));
        }
        finally
        {
            File.Delete(stub);
            File.Delete(upstream);
        }
    }

    [Fact]
    public void Hosts_has_localhost_the_extra_names_and_the_container()
    {
        string[] lines = HostsFile.Build(
            [IPAddress.Parse("172.17.0.2")], "web.example.org", ["db:10.0.0.5", "v6=[fd00::5]", "gw:host-gateway"],
            IPAddress.Parse("172.17.0.1")).Split('\n');
        Assert.Equal("127.0.0.1\tlocalhost", lines[0]);
        Assert.Equal("::1\tlocalhost ip6-localhost ip6-loopback", lines[1]);
        Assert.Equal(
            ["10.0.0.5\tdb", "fd00::5\tv6", "172.17.0.1\tgw", "172.17.0.2\tweb.example.org web", ""], lines[6..]);
    }

    [Fact]
    public void Without_a_network_hosts_has_no_line_for_the_container() =>
        Assert.EndsWith("ff02::2\tip6-allrouters\n", HostsFile.Build([], "web", [], null));

    [Theory]
    [InlineData("db", "bad format for add-host: \"db\"")]
    [InlineData(":1.2.3.4", "bad format for add-host: \":1.2.3.4\"")]
    [InlineData("db:", "invalid IP address in add-host: \"\"")]
    [InlineData("db:nowhere", "invalid IP address in add-host: \"nowhere\"")]
    [InlineData("db:host-gateway", "unable to derive the IP value for host-gateway")]
    public void Bad_extra_hosts_are_named(string entry, string message) => Assert.EndsWith(
        message, Assert.Throws<UsageException>(() => HostsFile.Build([], "web", [entry], null)).Message);
}
