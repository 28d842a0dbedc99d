using System.Net;
using Skiff.Agent.Containers;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// Tells the stations of a parent's network of a running container's addresses, twice as RFC 5227 has it, and hears
/// when another one has one of them. The kernel hands on nothing else, so between the two it costs a socket.
/// </summary>
internal sealed class AddressWatch : IDisposable
{
    private const int AgainMs = 2000;

    // Whoever has an address speaks of it all the time.
    private const int QuietMs = 60_000;

    private readonly EventLoop _loop;
    private readonly Fd _namespace;
    private readonly Action<Endpoint, IPAddress, MacAddress> _conflict;
    private readonly List<Watched> _watched = [];

    /// <summary>Begins with no address.</summary>
    /// <param name="loop">The monitor's.</param>
    /// <param name="netNamespace">The container's; a copy of the descriptor is kept.</param>
    /// <param name="conflict">Told of each address that another station has, once a minute at the most.</param>
    public AddressWatch(EventLoop loop, Fd netNamespace, Action<Endpoint, IPAddress, MacAddress> conflict) =>
        (_loop, _namespace, _conflict) = (loop, Files.Dup(netNamespace), conflict);

    /// <summary>Whether an endpoint is of its concern.</summary>
    public static bool Concerns(Endpoint endpoint) => endpoint.HasNeighbours;

    /// <summary>Looks at what addresses the container has now.</summary>
    /// <param name="endpoints">All of its endpoints.</param>
    /// <param name="tells">Whether new ones are told; not when they have been there before this monitor.</param>
    public void Refresh(Endpoint[] endpoints, bool tells)
    {
        for (int i = _watched.Count - 1; i >= 0; i--)
            if (!Array.Exists(endpoints, end => end.Id == _watched[i].End.Id
                && end.Addresses.Contains(_watched[i].Claim.Address))) Close(_watched[i]);
        foreach (Endpoint end in endpoints)
            if (Concerns(end))
                foreach (IPAddress address in end.Addresses)
                    if (!_watched.Exists(one => one.End.Id == end.Id && one.Claim.Address.Equals(address)))
                        Open(end, address, tells);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_watched.Count > 0) Close(_watched[^1]);
        _namespace.Dispose();
    }

    private void Open(Endpoint end, IPAddress address, bool tells)
    {
        AddressClaim? claim = null;
        using (new NetNamespaceScope(_namespace))
        using (var route = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE))
            // The container may have taken it away.
            if (Links.Find(route, end.InterfaceName) is { } link) claim = AddressClaim.TryOpen(link, address);
        if (claim is null) return;
        var watched = new Watched(end, claim);
        _watched.Add(watched);
        Watch(watched);
        if (!tells) return;
        claim.Tell();
        watched.Again = _loop.After(AgainMs, () => claim.Tell());
    }

    private void Close(Watched watched)
    {
        _watched.Remove(watched);
        _loop.Cancel(watched.Again);
        _loop.Cancel(watched.Quiet);
        _loop.Forget(watched.Claim.Fd);
        watched.Claim.Dispose();
    }

    private void Watch(Watched watched) => _loop.Watch(watched.Claim.Fd, EpollEvents.EPOLLIN, _ => Hear(watched));

    private void Hear(Watched watched)
    {
        if (!watched.Claim.Hear(out MacAddress mac)) return;
        _conflict(watched.End, watched.Claim.Address, mac);
        _loop.Forget(watched.Claim.Fd);
        watched.Quiet = _loop.After(QuietMs, () =>
        {
            watched.Claim.Hear(out MacAddress _);
            Watch(watched);
        });
    }

    private sealed class Watched(Endpoint end, AddressClaim claim)
    {
        public Endpoint End { get; } = end;

        public AddressClaim Claim { get; } = claim;

        public LoopTimer? Again { get; set; }

        public LoopTimer? Quiet { get; set; }
    }
}
