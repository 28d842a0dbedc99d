namespace Skiff.System.Tests;

/// <summary>
/// Addresses of macvlan containers that somebody else on the parent's network has: here the host itself, at the other
/// end of its interface.
/// </summary>
public sealed class AddressConflictTests : IDisposable
{
    private readonly SkiffHost _host;
    private readonly OwnRoots _roots;

    public AddressConflictTests(SkiffHost host)
    {
        (_host, _roots) = (host, new OwnRoots(host));
        _roots.Run("pull", "-q", host.Busybox).Exits(0);
        _roots.Run("network", "create", "-d", "macvlan", "-o", "parent=host0", "--subnet", "192.0.2.0/24", "--ip-range",
            "192.0.2.128/25", "lan").Exits(0);
        Command.Shell("ip address add 192.0.2.77/32 dev host1").Exits(0);
    }

    public void Dispose()
    {
        Command.Shell("ip address del 192.0.2.77/32 dev host1").Exits(0);
        _roots.Dispose();
    }

    [Fact]
    public void A_start_is_refused_and_a_later_conflict_is_told_while_the_container_goes_on()
    {
        string mac = Command.Shell("ip -o link show host1 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/'").Text();
        Assert.Contains($"network lan: address 192.0.2.77 is in use by another host, whose Ethernet address is {mac};",
            Run("--rm", "--ip", "192.0.2.77").Exits(125).Error);
        Assert.Matches($"network address_conflict [0-9a-f]{{64}} \\(address=192.0.2.77, container=[0-9a-f]{{64}}, "
            + $"interface=eth0, mac={mac}, name=lan, type=macvlan\\)", Events());

        Run("-d", "--name", "web", "--ip", "192.0.2.78").Exits(0);
        Assert.DoesNotContain("192.0.2.78", Events());
        Announce("192.0.2.78");
        Wait.Until(() => Events().Contains($"address=192.0.2.78, container={Id("web")}, interface=eth0, mac={mac}"),
            "it is told of the other one");
        // Another monitor goes on with it, and what it joins is watched as well.
        _roots.Run("network", "create", "-d", "macvlan", "-o", "parent=host0", "--subnet", "203.0.113.0/24", "too")
            .Exits(0);
        int monitor = _roots.MonitorOf("web");
        Command.Shell($"kill -9 {monitor}").Exits(0);
        Wait.Until(() => _roots.Run("ps", "--format", "{{.Names}}").Text().Contains("web", StringComparison.Ordinal)
            && _roots.MonitorOf("web") != monitor, "another monitor is there");
        _roots.Run("network", "connect", "--ip", "203.0.113.9", "too", "web").Exits(0);
        // When it has listened is not told.
        Wait.Until(() =>
        {
            Announce("203.0.113.9");
            return Events().Contains("address=203.0.113.9, container=");
        }, "it is told of one that was joined");
        Assert.Equal("true", _roots.Run("inspect", "web", "--format", "{{.State.Running}}").Text());
    }

    // As a host does that has just got it, or believes so.
    private void Announce(string address)
    {
        Command.Shell($"ip address add {address}/32 dev host1").Exits(0);
        _roots.Run("run", "--rm", "--network", "host", _host.Busybox, "arping", "-U", "-c", "1", "-w", "1", "-I",
            "host1", address);
        Command.Shell($"ip address del {address}/32 dev host1").Exits(0);
    }

    private CommandResult Run(params string[] options) =>
        _roots.Run(["run", "--network", "lan", .. options, _host.Busybox, "sleep", "1000"]);

    private string Id(string name) => _roots.Run("inspect", name, "--format", "{{.Id}}").Text();

    private string Events() => _roots.Run("events", "--since", "1h", "--until", "0s", "--filter", "type=network").Out;
}
