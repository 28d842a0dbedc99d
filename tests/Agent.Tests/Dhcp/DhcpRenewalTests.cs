using System.Net;
using Skiff.Agent.Dhcp;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Agent.Tests.Networks;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Dhcp;

/// <summary>A monitor's loop that keeps the address of a container.</summary>
public class DhcpRenewalTests
{
    private const string First = "198.51.100.50", Second = "198.51.100.51";

    [Fact]
    public void The_server_is_asked_alone_and_the_lease_goes_on()
    {
        using var ground = new NetworkGround();
        DhcpNetworkTests.Create(ground);
        using var server = new FakeDhcpServer(ground.Outside, question => [question.Yes(First, 4)]);
        using var container = new Container(ground, server);
        for (int i = 0; i < 2; i++)
        {
            FakeDhcpServer.Question renewal = server.Next();
            Assert.Equal((DhcpMessageType.Request, First, First, false),
                (renewal.Type, $"{renewal.Own}", $"{renewal.From}", renewal.IsForEverybody));
            Assert.Null(renewal.Option(50));
            Assert.Null(renewal.Option(54));
            Assert.Equal(First, $"{container.Changes.Take()?.Address}");
        }
        container.End(release: true);
        FakeDhcpServer.Question last;
        do last = server.Next();
        while (last.Type == DhcpMessageType.Request);
        Assert.Equal((DhcpMessageType.Release, First), (last.Type, $"{last.Own}"));
    }

    [Fact]
    public void When_its_server_is_silent_every_other_one_is_asked()
    {
        using var ground = new NetworkGround();
        DhcpNetworkTests.Create(ground);
        using var server = new FakeDhcpServer(ground.Outside, question =>
            [question.Type == DhcpMessageType.Request && !question.IsForEverybody ? null : question.Yes(First, 4)]);
        using var container = new Container(ground, server);
        Assert.False(server.Next().IsForEverybody);
        Assert.Equal(First, $"{container.Changes.Take()?.Address}");
        FakeDhcpServer.Question last;
        do last = server.Next();
        while (!last.IsForEverybody);
        Assert.Equal((DhcpMessageType.Request, First), (last.Type, $"{last.Own}"));
    }

    [Theory]
    [InlineData(true)] // Refused.
    [InlineData(false)] // Nobody answers until it has ended.
    public void A_lease_that_is_lost_is_given_up_and_another_one_is_asked_for(bool isRefused)
    {
        using var ground = new NetworkGround();
        DhcpNetworkTests.Create(ground);
        string given = First;
        using var server = new FakeDhcpServer(ground.Outside, question =>
        {
            if (question.Type == DhcpMessageType.Request && !question.Own.Equals(IPAddress.Any))
            {
                given = Second;
                return [isRefused ? question.Answer(6, "0.0.0.0") : null];
            }
            return [question.Yes(given, given == First ? 2 : 600)];
        });
        using var container = new Container(ground, server);
        Assert.Null(container.Changes.Take());
        Assert.Equal(Second, $"{container.Changes.Take()?.Address}");
    }

    [Fact]
    public void Another_address_is_the_containers_in_every_way()
    {
        using var ground = new NetworkGround();
        NetworkRecord network = DhcpNetworkTests.Create(ground);
        using var server = new FakeDhcpServer(ground.Outside, question => [question.Yes(First)]);
        NetworkRoom room = ground.NewRoom();
        Endpoint before = DhcpNetworkTests.Attach(ground, room, "web");
        var names = new NameDirectory(ground.Roots, network.Id);

        Assert.Null(ground.Module.Renew("web", "none", before.Lease, room.Namespace));
        Renew(ground, room, before.Id, null);
        Assert.Equal(("", ""), (Addresses(room), LinkNetworkTests.Route(room)));
        Assert.Empty(names.Find("web"));
        Assert.Null(ground.Module.FindMember(network.Id, before.Address!));
        // It ends again before all of it was set up.
        ground.Module.Renew("web", before.Id, before.Lease, room.Namespace);
        Assert.Equal($"{First}/24", Addresses(room));
        Renew(ground, room, before.Id, null);
        Assert.Equal("", Addresses(room));

        DhcpLease lease = before.Lease! with
        {
            Address = IPAddress.Parse(Second), PrefixLength = 25, Router = IPAddress.Parse("198.51.100.3"),
        };
        Endpoint after = Renew(ground, room, before.Id, lease);
        Assert.Equal($"{Second}/25", Addresses(room));
        Assert.Equal("default via 198.51.100.3 dev eth0", LinkNetworkTests.Route(room));
        Assert.Equal([lease.Address], names.Find("web"));
        Assert.Equal(after.Id, ground.Module.FindMember(network.Id, lease.Address)?.Id);
        Assert.Equal(Second, $"{ground.Module.EndpointsOf("web")[0].Lease?.Address}");

        // More time, and nothing else: the interface is left alone, though the container has changed it.
        room.Do(() => FreshNetwork.Output("ip", "address", "flush", "dev", "eth0"));
        Renew(ground, room, before.Id, lease with { Seconds = 9 });
        Assert.Equal("", Addresses(room));
        Assert.Equal(9u, ground.Module.EndpointsOf("web")[0].Lease?.Seconds);
        ground.Host.Do(() => ground.Module.Detach("web"));
        Assert.Empty(ground.State());
    }

    [Fact]
    public void What_could_not_be_set_up_is_set_up_later()
    {
        using var ground = new NetworkGround();
        DhcpNetworkTests.Create(ground);
        string given = First;
        using var server = new FakeDhcpServer(
            ground.Outside, question => [question.Yes(given, given == First ? 4 : 600)]);
        using var container = new Container(ground, server, failures: 2);
        given = Second;
        for (int i = 0; i < 3; i++)
        {
            Assert.True(container.Changes.TryTake(out DhcpLease? lease, 20_000), "it is not tried again");
            Assert.Equal(Second, $"{lease?.Address}");
        }
        Assert.False(container.Changes.TryTake(out _, 5000), "what is set up is set up again");
    }

    private static Endpoint Renew(NetworkGround ground, NetworkRoom room, string endpoint, DhcpLease? lease)
    {
        Endpoint after = ground.Module.Renew("web", endpoint, lease, room.Namespace)!.Value.After;
        ground.Module.Reroute("web", endpoint, lease, room.Namespace);
        return after;
    }

    private static string Addresses(NetworkRoom room) => string.Join(' ',
        room.Do(() => FreshNetwork.Json("ip", "-j", "-4", "address", "show", "eth0")).EnumerateArray()
            .SelectMany(link => link.GetProperty("addr_info").EnumerateArray())
            .Select(a => $"{a.GetProperty("local").GetString()}/{a.GetProperty("prefixlen")}"));

    /// <summary>A container with an address, and its loop; the two questions that gave it are taken.</summary>
    private sealed class Container : IDisposable
    {
        private readonly EventLoop _loop = new();
        private readonly Thread _thread;
        private DhcpRenewal? _renewal;
        private readonly System.Collections.Concurrent.ConcurrentQueue<bool> _end = new();

        public Container(NetworkGround ground, FakeDhcpServer server, int failures = 0)
        {
            NetworkRoom room = ground.NewRoom();
            Endpoint end = DhcpNetworkTests.Attach(ground, room, "web");
            server.Next();
            server.Next();
            _thread = new Thread(() =>
            {
                _renewal = new DhcpRenewal(_loop, room.Namespace.Fd, "eth0", end.DhcpIdentity, end.Lease,
                    lease =>
                    {
                        Changes.Add(lease);
                        return failures-- <= 0;
                    });
                Look();
                _loop.Run(static () => { }, 1000, 1000);
            });
            _thread.Start();
        }

        public System.Collections.Concurrent.BlockingCollection<DhcpLease?> Changes { get; } = [];

        public void End(bool release)
        {
            if (!_thread.IsAlive) return;
            _end.Enqueue(release);
            _thread.Join();
        }

        public void Dispose()
        {
            End(release: false);
            _loop.Dispose();
        }

        private void Look()
        {
            if (!_end.TryDequeue(out bool release)) _loop.After(10, Look);
            else
            {
                if (release) _renewal!.Release();
                else _renewal!.Dispose();
                _loop.End();
            }
        }
    }
}
