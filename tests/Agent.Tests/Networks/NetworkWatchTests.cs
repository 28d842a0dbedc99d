using Skiff.Agent.Networks;
using Skiff.Interop.Netlink;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

public sealed class NetworkWatchTests : IDisposable
{
    private readonly NetworkGround _ground = new();
    private readonly List<NetworkReport> _reports = [];
    private readonly NetworkWatch _watch;
    private bool _isRunning = true;

    public NetworkWatchTests()
    {
        _watch = _ground.Host.Do(() => _ground.Module.Watch(_ => _isRunning, _reports.Add));
        Settle();
    }

    private string Bridge => new NetworkNames(_ground.Roots).DefaultBridge;

    public void Dispose()
    {
        _watch.Dispose();
        _ground.Dispose();
    }

    [Theory]
    [InlineData("flush ruleset", "deleted")]
    [InlineData("delete table inet TABLE", "deleted")]
    [InlineData("flush chain inet TABLE forward", "changed")]
    [InlineData("flush map inet TABLE ports", "changed")]
    [InlineData("insert rule inet TABLE forward drop", "changed")]
    [InlineData("add element inet TABLE bridges { \"eth9\" }", "changed")]
    public void What_others_do_to_the_table_is_undone(string command, string cause)
    {
        (NetworkRoom room, Endpoint end) = _ground.Attach("0123456789ab", "8080:80");
        using IDisposable web = room.Serve(80);
        string before = Listing();
        Assert.Empty(Settle());
        Nft(command.Replace("TABLE", new NetworkNames(_ground.Roots).Table));
        NetworkReport report = Assert.Single(Settle());
        Assert.Equal((NetworkChange.RulesRestored, "nft", cause), (report.Change, report.Process, report.Cause));
        Assert.Equal($"inet {new NetworkNames(_ground.Roots).Table}", report.Table);
        Assert.True(report.Pid > 1);
        Assert.Equal(before, Listing());
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.False(Take());
    }

    [Fact]
    public void What_others_have_of_their_own_is_none_of_our_concern()
    {
        _ground.Attach("0123456789ab", "8080:80");
        Settle();
        Nft("add table inet other");
        Nft("add chain inet other c { type filter hook forward priority 0; }");
        Nft("delete table inet other");
        Assert.False(Take());
    }

    [Fact]
    public void What_the_engine_does_itself_is_no_news()
    {
        _ground.Attach("0123456789ab", "8080:80");
        Settle();
        // Another process of it.
        var other = new NetworkModule(_ground.Roots);
        NetworkRoom room = _ground.NewRoom();
        _ground.Host.Do(() => other.Attach(
            NetworkGround.Request("cdef01234567", [new EndpointSettings("bridge")], "8081:80"), room.Namespace));
        Assert.False(Take());
        NetworkRecord blue = _ground.Host.Do(() => other.Create(new NetworkRequest("blue")));
        _ground.Host.Do(() => other.Connect(
            NetworkGround.Request("cdef01234567", [new EndpointSettings("blue")]), room.Namespace, () => true));
        Assert.Empty(Settle());
        _isRunning = false;
        _ground.Host.Do(() => other.Detach("cdef01234567", deleteLink: true));
        _ground.Host.Do(() => other.Remove(blue));
        Assert.Empty(Settle());
        _ground.Host.Do(() => other.Detach("0123456789ab", deleteLink: true));
        _ground.Host.Do(other.RemoveAll);
        Assert.Empty(Settle());
        Assert.Null(Links.Find(_ground.Host.Route, Bridge));
    }

    [Theory]
    [InlineData("link delete BRIDGE", "deleted")]
    [InlineData("link set BRIDGE down", "down")]
    [InlineData("address flush dev BRIDGE", "address 172.17.0.1 deleted")]
    [InlineData("link set VETH nomaster", "port VETH taken out")]
    public void A_bridge_that_is_taken_from_containers_is_put_back(string command, string cause)
    {
        (NetworkRoom room, Endpoint end) = _ground.Attach("0123456789ab", "8080:80");
        (NetworkRoom second, Endpoint endOfSecond) = _ground.Attach("cdef01234567");
        using IDisposable web = room.Serve(80);
        Settle();
        Ip(command.Replace("BRIDGE", Bridge).Replace("VETH", end.HostVeth));
        NetworkReport report = Assert.Single(Settle());
        Assert.Equal((NetworkChange.BridgeRestored, Bridge, cause.Replace("VETH", end.HostVeth)),
            (report.Change, report.Interface, report.Cause));
        Assert.Equal("bridge", report.Network!.Name);
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal($"{endOfSecond.Address}", second.Fetch($"{end.Address}", 80));
    }

    [Fact]
    public void Without_anyone_who_watches_the_next_container_puts_back_bridge_and_rules()
    {
        (NetworkRoom room, Endpoint end) = _ground.Attach("0123456789ab", "8080:80");
        using IDisposable web = room.Serve(80);
        Nft("flush ruleset");
        Ip($"link delete {Bridge}");
        Assert.NotEqual("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        (NetworkRoom second, Endpoint endOfSecond) = _ground.Attach("cdef01234567");
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal($"{endOfSecond.Address}", second.Fetch($"{end.Address}", 80));
    }

    [Theory]
    [InlineData("link set VETH down", "down")]
    [InlineData("link delete VETH", "deleted")]
    public void An_endpoint_that_goes_down_is_reported_and_so_is_its_return(string command, string cause)
    {
        (_, Endpoint end) = _ground.Attach("0123456789ab");
        Settle();
        Ip(command.Replace("VETH", end.HostVeth));
        NetworkReport report = Assert.Single(Settle());
        Assert.Equal((NetworkChange.EndpointDown, "0123456789ab", end.HostVeth, cause),
            (report.Change, report.ContainerId, report.Interface, report.Cause));
        if (cause == "deleted") return;
        Ip($"link set {end.HostVeth} up");
        Assert.Equal(NetworkChange.EndpointUp, Assert.Single(Until(1)).Change);
    }

    [Fact]
    public void An_interface_that_a_container_sets_down_is_reported()
    {
        (NetworkRoom room, _) = _ground.Attach("0123456789ab");
        Settle();
        room.Do(() => FreshNetwork.Output("ip", "link", "set", "eth0", "down"));
        Assert.Equal((NetworkChange.EndpointDown, "no carrier"),
            Assert.Single(Until(1).Select(report => (report.Change, report.Cause))));
        room.Do(() => FreshNetwork.Output("ip", "link", "set", "eth0", "up"));
        Assert.Equal(NetworkChange.EndpointUp, Assert.Single(Until(1)).Change);
    }

    [Theory]
    [InlineData("route add 172.17.128.0/24 dev eth0", "172.17.128.0/24")]
    [InlineData("address add 172.17.3.4/24 dev eth0", "172.17.3.4/32")]
    public void A_route_or_address_into_a_network_is_a_clash(string command, string prefix)
    {
        _ground.Attach("0123456789ab");
        Settle();
        Ip(command);
        NetworkReport report = Assert.Single(Settle());
        Assert.Equal((NetworkChange.PoolClash, "bridge", "eth0", prefix, "172.17.0.0/16"),
            (report.Change, report.Network!.Name, report.Interface, report.Address, report.Cause));
        Ip("route add 10.1.0.0/16 dev eth0");
        // Two halves of a default route, as of a VPN.
        Ip("route add 0.0.0.0/1 dev eth0");
        Ip("route add 128.0.0.0/1 dev eth0");
        Assert.Empty(Settle());
        // It lasts: whoever comes later is told once.
        using NetworkWatch later = _ground.Host.Do(() => _ground.Module.Watch(_ => true, _reports.Add));
        _ground.Host.Do(later.Look);
        Assert.Equal(NetworkChange.PoolClash, Assert.Single(Settle()).Change);
    }

    [Fact]
    public void An_address_that_another_host_has_already_is_a_conflict()
    {
        _ground.Outside.Do(() => FreshNetwork.Output("ip", "address", "add", "2001:db8::9/64", "dev", "eth0", "nodad"));
        Settle();
        Ip("address add 2001:db8::9/64 dev eth0");
        Assert.Equal((NetworkChange.AddressConflict, "2001:db8::9", "eth0"),
            Assert.Single(Until(1).Select(report => (report.Change, report.Address, report.Interface))));
    }

    [Fact]
    public void The_hosts_way_out_is_watched()
    {
        Ip("route add default via 198.51.100.2");
        Settle();
        Ip("link set eth0 down");
        Assert.Equal((NetworkChange.HostLinkDown, "eth0"),
            Assert.Single(Settle().Select(report => (report.Change, report.Interface))));
        Ip("link set eth0 up");
        Ip("route add default via 198.51.100.2");
        Assert.Equal((NetworkChange.HostLinkUp, "eth0"),
            Assert.Single(Until(1).Select(report => (report.Change, report.Interface))));
        // As a cable that is pulled.
        _ground.Outside.Do(() => FreshNetwork.Output("ip", "link", "set", "eth0", "down"));
        Assert.Equal(NetworkChange.HostLinkDown, Assert.Single(Until(1)).Change);
    }

    [Fact]
    public void Forwarding_that_is_turned_off_is_reported_while_containers_need_it()
    {
        SetForwarding(0);
        Assert.Empty(Settle());
        _ground.Attach("0123456789ab");
        Assert.Empty(Settle());
        SetForwarding(0);
        Assert.Equal((NetworkChange.ForwardingOff, "net.ipv4.ip_forward"),
            Assert.Single(Settle().Select(report => (report.Change, report.Cause))));
        SetForwarding(1);
        Assert.Equal(NetworkChange.ForwardingOn, Assert.Single(Settle()).Change);
    }

    [Fact]
    public void Notifications_that_are_lost_make_everything_be_looked_at()
    {
        (NetworkRoom room, Endpoint end) = _ground.Attach("0123456789ab", "8080:80");
        using IDisposable web = room.Serve(80);
        Settle();
        // More than fits into the socket.
        string many = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"add chain ip other c{i}\n"));
        string file = Path.Combine(_ground.Roots.RunRoot, "many.nft");
        File.WriteAllText(file, "add table ip other\n" + many);
        _ground.Host.Do(() => FreshNetwork.Output("nft", "-f", file));
        Nft("flush ruleset");
        Ip($"link set {end.HostVeth} nomaster");
        Assert.Equal([NetworkChange.BridgeRestored, NetworkChange.RulesRestored],
            Settle().Select(report => report.Change).Order());
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
    }

    private void SetForwarding(int value) =>
        _ground.Host.Do(() => File.WriteAllText("/proc/sys/net/ipv4/ip_forward", $"{value}"));

    private bool Take() => _ground.Host.Do(_watch.Take);

    // All of what is done by programs that have ended is in the sockets by now; links go a little later.
    private List<NetworkReport> Settle()
    {
        for (int quiet = 0; quiet < 5;)
        {
            if (!Take() && ++quiet > 0) Thread.Sleep(20);
            else _ground.Host.Do(_watch.Look);
        }
        List<NetworkReport> seen = [.. _reports];
        _reports.Clear();
        return seen;
    }

    // The kernel tells of carriers once a second at most.
    private List<NetworkReport> Until(int count)
    {
        List<NetworkReport> seen = Settle();
        for (int i = 0; i < 100 && seen.Count < count; i++) seen.AddRange(Settle());
        return seen;
    }

    private string Listing() => _ground.Host.Do(() =>
        FreshNetwork.Output("nft", "list", "table", "inet", new NetworkNames(_ground.Roots).Table));

    private void Nft(string command) => _ground.Host.Do(() => FreshNetwork.Output("nft", command));

    private void Ip(string command) => _ground.Host.Do(() => FreshNetwork.Output("ip", command.Split(' ')));
}
