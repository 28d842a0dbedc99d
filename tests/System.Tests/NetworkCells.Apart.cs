using System.Net;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>What networks keep from each other, and what changes while containers run.</summary>
internal sealed partial class NetworkCells
{
    // Before a page that nobody is to answer.
    private const string Brief = "most=2; ";

    private string? Isolation(NetworkStage stage, bool six)
    {
        if (stage.Driver == NetworkDriver.Host) return IsTheHosts;
        if (stage.Driver == NetworkDriver.None)
        {
            Assert.Equal("", In(stage.Web, "ip -o addr show scope global; ip route; ip -6 route show table all | "
                + "grep -v ' dev lo '").Out);
            return null;
        }
        string page = Page(AddressOf(stage, six), 80, "name");
        Closed(In("stranger", Brief + page));
        if (stage.IsOnWire)
        {
            // As the kernel has it: a parent does not hear what hangs on it.
            Closed(machines.OnHost(Brief + page));
            machines.OnOutside(page).Exits(0);
        }
        else
        {
            In(stage.Peer, page).Exits(0);
            ClosedToOutside(AddressOf(stage, six), page, six);
        }
        return null;
    }

    private string? Internal(NetworkStage stage, bool six)
    {
        if (stage.Driver != NetworkDriver.Bridge && !stage.IsOnWire)
            return stage.Driver == NetworkDriver.Container ? "is as its owner's network"
                : "the engine's own networks are not internal";
        string name = $"{stage.Network}-internal", one = $"one-{name}", two = $"two-{name}";
        if (Find(name).Length == 0)
        {
            roots.Run(["network", "create", .. stage.Creation(isInternal: true), name]).Exits(0);
            roots.Run(["run", "-d", "--name", one, "--hostname", one, "--network", name, "-p", $"{stage.Port + 100}:80",
                .. NetworkStage.Server(image)]).Exits(0);
            roots.Run("run", "-d", "--name", two, "--network", name, image, "sleep", "1000").Exits(0);
        }
        string address = AddressOf(one, name, six), page = Page(address, 80, "name");
        Wait.Until(() => In(two, page).ExitCode == 0, $"{one} serves {two}");
        Assert.Equal("", In(one, $"ip {V(six)} route show default").Text());
        Closed(In(one, Brief + Page(Of(TwoMachines.Far, six), 80, "name")));
        Closed(In(one, Brief + Page(Of(TwoMachines.Host, six), stage.Port, "name")));
        Closed(In("stranger", Brief + page));
        if (stage.IsOnWire) return null;
        ClosedToOutside(address, page, six);
        Closed(machines.OnOutside(Brief + Page(Of(TwoMachines.Host, six), stage.Port + 100, "name")));
        return null;
    }

    private string? Static(NetworkStage stage, bool six)
    {
        string name = $"static-{stage.Driver}".ToLowerInvariant();
        string mac = $"02:00:00:00:00:{(int)stage.Driver * 2 + (six ? 1 : 0):x2}";
        string[] ownMac = ["--mac-address", mac];
        if (!stage.HasAddress || stage.Driver == NetworkDriver.Container)
        {
            RunRefused(["--network", stage.Network, "--ip", "10.0.0.9"]);
            return Refused;
        }
        string address = AddressNumber(SubnetOf(stage, six), 77), flag = six ? "--ip6" : "--ip";
        string[] asked = [flag, address, .. ownMac];
        if (stage.Driver == NetworkDriver.Ipvlan)
        {
            RunRefused(["--network", stage.Network, .. ownMac]);
            asked = [flag, address];
        }
        roots.Run(["run", "-d", "--name", name, "--network", stage.Network, .. asked, image, "sleep", "1000"]).Exits(0);
        string seen = In(name, "ip -o addr show dev eth0; ip -o link show dev eth0").Text();
        foreach (string one in asked.Where(one => !one.StartsWith('-'))) Assert.Contains($" {one}", seen);
        roots.Run("rm", "-f", name).Exits(0);
        return null;
    }

    private string? Live(NetworkStage stage, bool six)
    {
        if (!stage.HasAddress || stage.Driver == NetworkDriver.Container)
        {
            roots.Run("network", "connect", "elsewhere", stage.Web).Exits(1);
            return Refused;
        }
        string name = $"live-{stage.Driver}".ToLowerInvariant(), page = Page(AddressOf(stage, six), 80, "name");
        roots.Run("run", "-d", "--name", name, "--network", "elsewhere", image, "sleep", "1000").Exits(0);
        string before = In(name, "ip -o addr show scope global; ip route; ip -6 route show default").Text();
        Closed(In(name, Brief + page));
        roots.Run("network", "connect", stage.Network, name).Exits(0);
        Assert.Contains($" {AddressOf(name, stage.Network, six)}/", In(name, "ip -o addr show dev eth1").Text());
        Assert.Equal(stage.Web, In(name, page).Text());
        roots.Run("network", "disconnect", stage.Network, name).Exits(0);
        Assert.Equal(before, In(name, "ip -o addr show scope global; ip route; ip -6 route show default").Text());
        Closed(In(name, Brief + page));
        roots.Run("rm", "-f", name).Exits(0);
        return null;
    }

    private void RunRefused(string[] options) => roots.Run(["run", "--rm", .. options, image, "true"]).Exits(125);

    // A neighbour who sends packets for a container to the host all the same.
    private void ClosedToOutside(string address, string page, bool six)
    {
        machines.OnOutside($"ip {V(six)} route replace {address} via {Of(TwoMachines.Host, six)}").Exits(0);
        Closed(machines.OnOutside(Brief + page));
        machines.OnOutside($"ip {V(six)} route delete {address}").Exits(0);
    }

    private static void Closed(CommandResult asked) =>
        // curl(1): refused, timed out.
        Assert.True(asked.ExitCode is 7 or 28, $"expected to be closed: {asked}");

    // A busy machine may take its time to answer.
    private static string Page(string address, int port, string page) =>
        $"curl -gfs -m ${{most:-20}} http://{(address.Contains(':') ? $"[{address}]" : address)}:{port}/{page}";

    // busybox gives an IPv6 address in brackets, and one of IPv4 as IPv6 has it.
    private static string Who(CommandResult asked) => asked.Text().Replace("::ffff:", "").Trim('[', ']');

    private CommandResult In(string container, string script) =>
        machines.In((int)Inspect("container", container)["State"]!["Pid"]!, script);

    private string NameServer(string container) => File.ReadLines(
        $"/proc/{(int)Inspect("container", container)["State"]!["Pid"]!}/root/etc/resolv.conf")
        .First(line => line.StartsWith("nameserver ", StringComparison.Ordinal))["nameserver ".Length..];

    private JsonNode Settings(NetworkStage stage) =>
        Inspect("container", stage.Owner)["NetworkSettings"]!["Networks"]![stage.OwnersNetwork]!;

    private string AddressOf(NetworkStage stage, bool six) => AddressOf(stage.Owner, stage.OwnersNetwork, six);

    private string AddressOf(string container, string network, bool six) =>
        (string)Inspect("container", container)["NetworkSettings"]!["Networks"]![network]![
            six ? "GlobalIPv6Address" : "IPAddress"]!;

    private IPNetwork SubnetOf(NetworkStage stage, bool six) => Inspect("network", stage.OwnersNetwork)["IPAM"]![
        "Config"]!.AsArray().Select(one => IPNetwork.Parse((string)one!["Subnet"]!))
        .Single(one => one.BaseAddress.ToString().Contains(':') == six);

    private static string AddressNumber(IPNetwork subnet, byte number)
    {
        byte[] bytes = subnet.BaseAddress.GetAddressBytes();
        bytes[^1] = number;
        return new IPAddress(bytes).ToString();
    }

    private string Find(string network) =>
        roots.Run("network", "ls", "-q", "--filter", $"name={network}").Text();

    private JsonNode Inspect(string type, string name) =>
        JsonNode.Parse(roots.Run(type, "inspect", name).Text())![0]!;

    private int ServerPort(NetworkStage stage) => stage.Driver == NetworkDriver.Host ? stage.Port : 80;

    private static string Of((string V4, string V6) address, bool six) => six ? address.V6 : address.V4;

    private static string V(bool six) => six ? "-6" : "-4";

    private static string Kind(bool six) => six ? "AAAA" : "A";
}
