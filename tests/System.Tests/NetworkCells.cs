using System.Net;

namespace Skiff.System.Tests;

/// <summary>
/// The features of networks, each tried with one driver and one version of IP by programs that know nothing of Skiff:
/// ip, ping, curl and dig, in the namespaces of host, containers and the machine outside. A cell throws when it is not
/// as it should be, and returns why where the feature does not apply.
/// </summary>
internal sealed partial class NetworkCells(OwnRoots roots, TwoMachines machines, string image)
{
    private const string Nothing = "there is nothing but lo", IsTheHosts = "it is the host's own network",
        NoPorts = "a station of the outer network publishes no ports, as with Docker",
        OfIpv4 = "the default bridge has IPv4 alone", Refused = "has no addresses of its own; asking is refused";

    /// <summary>The features, in the table's order.</summary>
    public (string Name, Func<NetworkStage, bool, string?> Try)[] Features =>
    [
        ("address", Address), ("gateway", Gateway), ("outside", ReachOutside), ("names", Names),
        ("outer names", OuterNames), ("port", Port), ("from outside", FromOutside), ("loopback", Loopback),
        ("hairpin", Hairpin), ("isolation", Isolation), ("internal", Internal), ("static", Static), ("live", Live),
    ];

    /// <summary>Tries one cell.</summary>
    public string? Try(Func<NetworkStage, bool, string?> feature, NetworkStage stage, bool six)
    {
        if (stage.Driver != NetworkDriver.DefaultBridge || !six) return feature(stage, six);
        Assert.False((bool)Inspect("network", "bridge")["EnableIPv6"]!);
        Assert.DoesNotContain("inet6", In(stage.Web, "ip -6 -o addr show dev eth0 scope global").Out);
        return OfIpv4;
    }

    /// <summary>A container on a bridge where none of the drivers' containers are.</summary>
    public void AddStranger()
    {
        roots.Run("network", "create", "--ipv6", "elsewhere").Exits(0);
        roots.Run("run", "-d", "--name", "stranger", "--network", "elsewhere", image, "sleep", "1000").Exits(0);
    }

    /// <summary>Waits until the servers listen.</summary>
    public void AwaitServers(IEnumerable<NetworkStage> stages)
    {
        foreach (NetworkStage stage in stages)
            Wait.Until(() => In(stage.Web, Page("127.0.0.1", ServerPort(stage), "name")).ExitCode == 0,
                $"{stage.Web} serves", 30);
    }

    private string? Address(NetworkStage stage, bool six)
    {
        string seen = In(stage.Web, $"ip -o {V(six)} addr").Text();
        if (!stage.HasAddress)
        {
            bool isHost = stage.Driver == NetworkDriver.Host;
            Assert.Equal(isHost ? machines.OnHost("readlink /proc/self/ns/net").Text() : "1",
                In(stage.Web, isHost ? "readlink /proc/self/ns/net" : "ip -o link | wc -l").Text());
            Assert.Contains(isHost ? Of(TwoMachines.Host, six) + "/" : six ? "::1/128" : "127.0.0.1/8", seen);
            return null;
        }
        if (stage.Owner != stage.Web)
            Assert.Equal(In(stage.Owner, "readlink /proc/self/ns/net").Text(),
                In(stage.Web, "readlink /proc/self/ns/net").Text());
        Assert.Contains($" {AddressOf(stage, six)}/{SubnetOf(stage, six).PrefixLength} ", seen);
        Assert.True(SubnetOf(stage, six).Contains(IPAddress.Parse(AddressOf(stage, six))));
        return null;
    }

    private string? Gateway(NetworkStage stage, bool six)
    {
        string[] way = In(stage.Web, $"ip {V(six)} route show default").Text().Split(' ');
        if (stage.Driver == NetworkDriver.None)
        {
            Assert.Equal("", string.Join(' ', way));
            return Nothing;
        }
        Assert.Equal("via", way[1]);
        if (stage.HasAddress)
            Assert.Equal((string?)Settings(stage)[six ? "IPv6Gateway" : "Gateway"], way[2]);
        In(stage.Web, $"busybox ping -c 1 -w 10 {way[2]}").Exits(0);
        return null;
    }

    private string? ReachOutside(NetworkStage stage, bool six)
    {
        string page = Page(Of(TwoMachines.Far, six), 80, "cgi-bin/who");
        if (stage.Driver == NetworkDriver.None) Closed(In(stage.Web, page));
        else Assert.Equal(stage.IsOnWire ? AddressOf(stage, six) : Of(TwoMachines.Host, six), Who(In(stage.Web, page)));
        return null;
    }

    private string? Names(NetworkStage stage, bool six)
    {
        switch (stage.Driver)
        {
            case NetworkDriver.DefaultBridge:
                Assert.NotEqual("127.0.0.11", NameServer(stage.Peer));
                return "the default bridge has no names, as with Docker";
            case NetworkDriver.Host:
                return IsTheHosts;
            case NetworkDriver.None:
                return Nothing;
        }
        (string asker, string name) = stage.Driver == NetworkDriver.Container ? (stage.Web, stage.Owner)
            : (stage.Peer, stage.Web);
        string dig = $"dig +short +time=5 @{NameServer(asker)}";
        Assert.Equal(AddressOf(stage, six), In(asker, $"{dig} {name} {Kind(six)}").Text());
        Assert.StartsWith($"{name}.", In(asker, $"{dig} -x {AddressOf(stage, six)}").Text());
        return null;
    }

    private string? OuterNames(NetworkStage stage, bool six)
    {
        if (stage.Driver == NetworkDriver.None) return Nothing;
        // The one was told a server by its IPv4 address, the other by its IPv6 address.
        string asker = six ? stage.Peer : stage.Web;
        Assert.Equal(Of(TwoMachines.Far, six),
            In(asker, $"dig +short +time=5 @{NameServer(asker)} www.example.com {Kind(six)}").Text());
        return null;
    }

    private string? Port(NetworkStage stage, bool six)
    {
        CommandResult asked = machines.OnHost(Page(Of(TwoMachines.Host, six), stage.Port, "name"));
        return Published(stage, asked);
    }

    private string? FromOutside(NetworkStage stage, bool six)
    {
        if (stage.Driver == NetworkDriver.None) return Nothing;
        string page = stage.IsOnWire ? Page(AddressOf(stage, six), 80, "cgi-bin/who")
            : Page(Of(TwoMachines.Host, six), stage.Port, "cgi-bin/who");
        string outside = Of(TwoMachines.Outside, six);
        if (stage.Driver == NetworkDriver.Ipvlan) outside = six ? "2001:db8:52::2" : "192.0.2.2";
        Assert.Equal(outside, Who(machines.OnOutside(page)));
        return null;
    }

    private string? Loopback(NetworkStage stage, bool six)
    {
        string address = six ? "::1" : "127.0.0.1";
        if (stage.Driver == NetworkDriver.None)
        {
            Assert.Equal(stage.Web, In(stage.Web, Page(address, 80, "name")).Text());
            return null;
        }
        return Published(stage, machines.OnHost(Page(address, stage.Port, "name")));
    }

    private string? Hairpin(NetworkStage stage, bool six)
    {
        string page = Page(Of(TwoMachines.Host, six), stage.Port, "name");
        if (stage.Driver == NetworkDriver.Host) return IsTheHosts;
        if (Published(stage, In(stage.Web, page)) is { } reason) return reason;
        return Published(stage, In(stage.Peer, page));
    }

    // A page of the server by one of the host's addresses.
    private static string? Published(NetworkStage stage, CommandResult asked)
    {
        if (stage.IsBridged || stage.Driver == NetworkDriver.Host)
        {
            Assert.Equal(stage.Driver == NetworkDriver.Container ? stage.Owner : stage.Web, asked.Text());
            return null;
        }
        Closed(asked);
        return stage.IsOnWire ? NoPorts : Nothing;
    }
}
