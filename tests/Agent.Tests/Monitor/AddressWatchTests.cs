using System.Net;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Agent.Tests.Networks;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Monitor;

/// <summary>A running container's addresses among stations that have or want them.</summary>
public sealed class AddressWatchTests : IDisposable
{
    private const string Address = "198.51.100.9", Address6 = "2001:db8:1::9";

    private readonly NetworkGround _ground = new();
    private readonly LoopThread _thread = new();
    private readonly List<string> _heard = [];
    private readonly NetworkRoom _room;
    private readonly Endpoint _end;
    private readonly AddressWatch _watch;
    private readonly MacAddress _outside;

    public AddressWatchTests()
    {
        _ground.Host.Do(() => _ground.Module.Create(new NetworkRequest("lan")
        {
            Driver = "macvlan", Options = new() { ["parent"] = "eth0" },
            Subnets = ["198.51.100.0/24", "2001:db8:1::/64"], Gateways = ["198.51.100.2"],
        }));
        _ground.Outside.Do(() => FreshNetwork.Output(
            "ip", "address", "add", "2001:db8:1::2/64", "dev", "eth0", "nodad"));
        _outside = Links.Find(_ground.Outside.Route, "eth0")!.Value.Mac;
        _room = _ground.NewRoom();
        _end = _ground.Attach(_room, "web",
            [new EndpointSettings("lan") { Ipv4Address = Address, Ipv6Address = Address6 }])[0];
        _watch = new AddressWatch(_thread.Loop, _room.Namespace.Fd,
            (end, address, mac) => _heard.Add($"{end.NetworkName} {address} {mac}"));
    }

    public void Dispose()
    {
        _thread.Do(_watch.Dispose);
        _thread.Dispose();
        _ground.Host.Do(() => _ground.Module.Detach("web"));
        _ground.Dispose();
    }

    [Fact]
    public void Who_knows_another_station_by_an_address_learns_who_has_it_now()
    {
        foreach (string address in (string[])[Address, Address6])
            _ground.Outside.Do(() => FreshNetwork.Output("ip", "neigh", "replace", address, "lladdr",
                "02:00:00:00:00:99", "dev", "eth0", "nud", "stale"));
        _thread.Do(() => _watch.Refresh([_end], tells: true));
        foreach (string address in (string[])[Address, Address6])
            _thread.WaitFor(() => _ground.Outside.Do(() => FreshNetwork.Output("ip", "neigh", "show", address))
                .Contains($"lladdr {_end.Mac} ", StringComparison.Ordinal), $"the neighbour {address} is known");
        Assert.Empty(_thread.Do(() => _heard));
    }

    [Fact]
    public void A_station_that_has_an_address_as_well_is_heard_of_once()
    {
        _thread.Do(() => _watch.Refresh([_end], tells: false));
        // What it does itself, what others have of their own, and answers that it gives are no conflicts.
        using (IDisposable server = _ground.Outside.Serve(80))
            Assert.Equal(Address, _room.Fetch("198.51.100.2", 80));
        Tell("198.51.100.10", "2001:db8:1::10");
        Assert.Empty(_thread.Do(() => _heard));
        Tell(Address);
        _thread.WaitFor(() => _heard.Count > 0, "the conflict is heard of");
        Tell(Address6, Address, Address6, Address);
        _thread.WaitFor(() => _heard.Count > 1, "that of IPv6, too");
        Tell(Address, Address6);
        Assert.Equal([$"lan {Address} {_outside}", $"lan {Address6} {_outside}"], _thread.Do(() => _heard));
    }

    [Fact]
    public void An_address_that_it_has_no_more_is_no_concern()
    {
        _thread.Do(() => _watch.Refresh([_end], tells: false));
        _thread.Do(() => _watch.Refresh([_end with { Ipv6Address = null }], tells: false));
        Tell(Address6, Address);
        _thread.WaitFor(() => _heard.Count > 0, "the other one is heard of");
        _thread.Do(() => _watch.Refresh([], tells: false));
        Tell(Address6, Address);
        Assert.Equal([$"lan {Address} {_outside}"], _thread.Do(() => _heard));
    }

    private void Tell(params string[] addresses) => _ground.Outside.Do(() =>
    {
        foreach (string address in addresses)
        {
            using AddressClaim claim = AddressClaim.TryOpen(
                Links.Find(_ground.Outside.Route, "eth0")!.Value, IPAddress.Parse(address))!;
            Assert.Equal(Errno.None, claim.Tell());
        }
    });
}
