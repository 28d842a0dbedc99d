using static System.Text.RegularExpressions.Regex;

namespace Skiff.System.Tests;

/// <summary>Packets as they are on the links of two machines: whose addresses they have, and which are not there.
/// </summary>
public sealed class PacketCaptureTests : IDisposable
{
    private readonly SkiffHost _host;
    private readonly TwoMachines _machines;
    private readonly OwnRoots _roots;

    public PacketCaptureTests(SkiffHost host)
    {
        _host = host;
        _machines = new TwoMachines(host);
        _roots = _machines.NewRoots();
    }

    public void Dispose()
    {
        _roots.Dispose();
        _machines.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_calls_a_published_port_is_seen_as_itself_and_who_calls_out_as_the_host(bool six)
    {
        _roots.Run("network", "create", "--ipv6", "-o", "com.docker.network.bridge.name=blue0", "blue").Exits(0);
        Start("web", "--network", "blue", "-p", "8080:80");
        string web = AddressOf("web", "blue", six);
        (string host, string outside, string far) = six
            ? (TwoMachines.Host.V6, TwoMachines.Outside.V6, TwoMachines.Far.V6)
            : (TwoMachines.Host.V4, TwoMachines.Outside.V4, TwoMachines.Far.V4);
        const string syn = ": Flags \\[S\\]";
        using (var bridge = new PacketCapture(_host, _machines.HostPid, "blue0", "tcp"))
        {
            _machines.OnOutside($"curl -gs -m 5 http://{InUrl(host)}:8080/");
            bridge.Sees($" {Escape(outside)}\\.\\d+ > {Escape(web)}\\.80{syn}");
            bridge.HasNot($" (?!{Escape(outside)}\\.)\\S+ > {Escape(web)}\\.80:");
        }
        using var wire = new PacketCapture(_host, _machines.OutsidePid, "eth0", "tcp");
        In("web", $"curl -gs -m 5 http://{InUrl(far)}/");
        wire.Sees($" {Escape(host)}\\.\\d+ > {Escape(far)}\\.80{syn}");
        wire.HasNot($" {Escape(web)}\\.");
    }

    [Fact]
    public void Nothing_of_an_internal_network_is_on_the_wire_even_when_the_container_has_a_route()
    {
        _roots.Run("network", "create", "--internal", "-o", "com.docker.network.bridge.name=red0", "red").Exits(0);
        _roots.Run("network", "create", "blue").Exits(0);
        Start("within", "--network", "red");
        Start("free", "--network", "blue");
        using var wire = new PacketCapture(_host, _machines.OutsidePid, "eth0", "");
        string gateway = _machines.OnHost("ip -4 -o addr show dev red0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'").Text();
        In("within", $"ip route add default via {gateway}").Exits(0);
        Send("within", TwoMachines.Far.V4, 7777);
        Send("free", TwoMachines.Far.V4, 7778);
        wire.Sees($" {Escape(TwoMachines.Host.V4)}\\.\\d+ > {Escape(TwoMachines.Far.V4)}\\.7778: UDP");
        wire.HasNot("\\.7777:");
        wire.HasNot(Escape(AddressOf("within", "red", six: false)));
    }

    [Fact]
    public void A_packet_that_a_policy_denies_is_not_on_the_link_of_whom_it_was_sent_to()
    {
        _roots.Run("network", "create", "blue").Exits(0);
        Start("db", "--network", "blue", "--label", "role=db");
        Start("web", "--network", "blue", "--label", "role=web");
        Start("other", "--network", "blue");
        using (Command create = _roots.Start("network", "policy", "create", "-f", "-"))
            create.Finish("""
                {"metadata": {"name": "db"}, "spec": {"podSelector": {"matchLabels": {"role": "db"}},
                    "ingress": [{"from": [{"podSelector": {"matchLabels": {"role": "web"}}}]}]}}
                """).Exits(0);
        string db = Escape(AddressOf("db", "blue", six: false)), web = Escape(AddressOf("web", "blue", six: false)),
            other = Escape(AddressOf("other", "blue", six: false));
        using var link = new PacketCapture(_host, PidOf("db"), "eth0", "udp");
        Send("other", AddressOf("db", "blue", six: false), 7777);
        Send("web", AddressOf("db", "blue", six: false), 7777);
        link.Sees($" {web}\\.\\d+ > {db}\\.7777: UDP");
        link.HasNot($" {other}\\.");
    }

    [Fact]
    public void Addresses_are_asked_for_by_nobody_before_a_container_has_them_and_are_told_afterwards()
    {
        _roots.Run("network", "create", "-d", "macvlan", "-o", "parent=eth1", "--ipv6", "--subnet", "192.0.2.0/24",
            "--subnet", "2001:db8:52::/64", "lan").Exits(0);
        using var wire = new PacketCapture(_host, _machines.OutsidePid, "eth1", "arp or icmp6");
        Start("web", "--network", "lan", "--ip", "192.0.2.77", "--ip6", "2001:db8:52::77");
        // RFC 5227, sections 2.1.1 and 2.3; RFC 4861, section 7.2.6.
        wire.Sees("ARP, Request who-has 192.0.2.77( \\([0-9a-f:]+\\))? tell 0.0.0.0,");
        wire.Sees("ARP, Request who-has 192.0.2.77( \\([0-9a-f:]+\\))? tell 192.0.2.77,");
        wire.Sees("IP6 :: > ff02::1:ff00:77: ICMP6, neighbor solicitation, who has 2001:db8:52::77,");
        wire.Sees("IP6 2001:db8:52::77 > ff02::1: ICMP6, neighbor advertisement, tgt is 2001:db8:52::77,");
        string[] lines = wire.Lines;
        int told = Array.FindIndex(lines, line => line.Contains("tell 192.0.2.77,"));
        Assert.Equal(3, Count(lines[..told], "who-has 192\\.0\\.2\\.77.* tell 0\\.0\\.0\\.0,"));
        int told6 = Array.FindIndex(lines, line => line.Contains("neighbor advertisement, tgt is 2001:db8:52::77"));
        Assert.Equal(3, Count(lines[..told6], "IP6 :: > .* who has 2001:db8:52::77,"));
    }

    private static int Count(string[] lines, string pattern) => lines.Count(line => IsMatch(line, pattern));

    private void Start(string name, params string[] options) =>
        _roots.Run(["run", "-d", "--name", name, .. options, _host.Busybox, "sleep", "1000"]).Exits(0);

    private int PidOf(string name) => int.Parse(_roots.Run("inspect", name, "--format", "{{.State.Pid}}").Text());

    private string AddressOf(string name, string network, bool six) => _roots.Run("inspect", name, "--format",
        $"{{{{.NetworkSettings.Networks.{network}.{(six ? "GlobalIPv6Address" : "IPAddress")}}}}}").Text();

    private CommandResult In(string name, string script) => _machines.In(PidOf(name), script);

    private void Send(string name, string address, int port) =>
        In(name, $"echo hello > /dev/udp/{address}/{port}").Exits(0);

    private static string InUrl(string address) => address.Contains(':') ? $"[{address}]" : address;
}
