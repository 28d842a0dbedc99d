using Skiff.Agent.Dhcp;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>
/// The addresses of a container on networks whose servers give them, and its interfaces there, which are made to ask.
/// Until they are kept, disposal takes them back. It can take seconds, so nothing is locked meanwhile.
/// </summary>
internal sealed class DhcpJoins : IDisposable
{
    private readonly HostSockets _host;
    private readonly NetNamespace _inside;
    private readonly List<Endpoint> _endpoints = [];
    private bool _isKept;

    private DhcpJoins(HostSockets host, NetNamespace inside) => (_host, _inside) = (host, inside);

    /// <summary>Asks for what a container needs; in one without such networks that is nothing.</summary>
    /// <param name="host">Sockets.</param>
    /// <param name="request">The container.</param>
    /// <param name="inside">Its namespace; borrowed.</param>
    /// <param name="find">Finds a network, or refuses.</param>
    /// <param name="ensure">Makes its side of the host ready.</param>
    public static DhcpJoins Ask(
        HostSockets host, AttachRequest request, NetNamespace inside, Func<string, NetworkRecord> find,
        Func<string, ReadyNetwork> ensure)
    {
        var joins = new DhcpJoins(host, inside);
        try
        {
            foreach (EndpointSettings settings in request.Endpoints)
                if (settings.Network != NetworkNames.DefaultNetwork
                    && find(settings.Network) is { UsesDhcp: true } network && joins.Find(network.Id) is null)
                    joins.Join(request, settings, ensure(network.Id));
            return joins;
        }
        catch
        {
            joins.Dispose();
            throw;
        }
    }

    /// <summary>What there is in a network; null when that gives no addresses so.</summary>
    public Endpoint? Find(string networkId) => _endpoints.Find(end => end.NetworkId == networkId);

    /// <summary>They are the container's from now on.</summary>
    public void Keep() => _isKept = true;

    /// <summary>Gives a container's address in a network back to its server.</summary>
    public static void Release(NetNamespace inside, Endpoint endpoint)
    {
        if (endpoint.Lease is { } lease)
            DhcpClient.Release(inside, endpoint.InterfaceName, endpoint.DhcpIdentity, lease);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // What servers have given is not told back: the container gets it again when it is started once more.
        if (_isKept) return;
        foreach (Endpoint endpoint in _endpoints) EndpointLinks.DeleteNew(_host.Route, _inside, endpoint);
        _endpoints.Clear();
    }

    private void Join(AttachRequest request, EndpointSettings settings, ReadyNetwork network)
    {
        MacAddress? asked = settings.MacAddress is { } text ? NetworkModule.MacOf(text) : null;
        var endpoint = new Endpoint
        {
            Id = NetworkStore.NewId(), ContainerId = request.ContainerId, NetworkId = network.Network.Id,
            NetworkName = network.Network.Name, HostVeth = "",
            // Always the same, so that a container that is started again gets the address that it had.
            Mac = network.MacOf(asked ?? MacOf(request.ContainerId, network.Network.Id), null),
            Names = [.. request.Names.Take(1)],
        };
        EndpointLinks.Create(_host.Route, [endpoint], [network], _inside);
        _endpoints.Add(endpoint);
        Set(endpoint, up: true);
        DhcpLease lease = DhcpClient.Acquire(
            _inside, endpoint.FirstName, endpoint.DhcpIdentity, network.Network.Name);
        _endpoints[^1] = endpoint with { Lease = lease };
        // One that is up cannot be given its name before Linux 6.2.
        Set(endpoint, up: false);
    }

    private void Set(Endpoint endpoint, bool up)
    {
        using var batch = new NetlinkBatch();
        Links.Set(batch, endpoint.FirstName, new LinkChange { Up = up, NoLinkLocal = EndpointLinks.HasIpv6 });
        _inside.Rtnetlink.Execute(batch);
    }

    private static MacAddress MacOf(string containerId, string networkId)
    {
        uint hash = Fnv1a.Of32(containerId + networkId);
        return new MacAddress(0x0242_0000_0000UL | hash);
    }
}
