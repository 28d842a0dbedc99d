using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>
/// The network module: networks, and the attachment of containers to them. Usable by several processes at once on the
/// same roots; all methods act in the calling thread's network namespace.
/// </summary>
internal sealed class NetworkModule
{
    private readonly StateRoots _roots;
    private readonly NetworkNames _names;
    private readonly NetworkStore _networks;
    private readonly EndpointStore _endpoints;
    private readonly PortReservations _ports;
    private readonly Ruleset _rules;
    private readonly Bridge _bridge;

    /// <summary>Opens the module; touches nothing yet.</summary>
    public NetworkModule(StateRoots roots)
    {
        _roots = roots;
        _names = new NetworkNames(roots);
        _networks = new NetworkStore(roots);
        _endpoints = new EndpointStore(roots);
        _ports = new PortReservations(roots);
        _rules = new Ruleset(_names.Table);
        _bridge = new Bridge(roots, _names, _networks, _endpoints, _rules);
    }

    /// <summary>
    /// All networks, by name; the ones that always exist are recorded first when this is the first use.
    /// </summary>
    public IReadOnlyList<NetworkRecord> List()
    {
        using var host = new HostSockets();
        _bridge.EnsureRecords(host);
        return _networks.List();
    }

    /// <summary>
    /// The network with this name or id, or with an id that begins so; <see cref="UsageException"/> when not exactly
    /// one.
    /// </summary>
    public NetworkRecord Inspect(string nameOrId)
    {
        NetworkRecord? match = null;
        foreach (NetworkRecord network in List())
        {
            if (network.Name == nameOrId || network.Id == nameOrId) return network;
            if (!network.Id.StartsWith(nameOrId, StringComparison.Ordinal)) continue;
            if (match is not null)
                throw new UsageException($"network {nameOrId} is ambiguous ({match.Name}, {network.Name})");
            match = network;
        }
        return match ?? throw new UsageException($"network {nameOrId} not found");
    }

    /// <summary>The container's endpoint; null when it is not attached.</summary>
    public Endpoint? Find(string containerId) => _endpoints.Find(containerId);

    /// <summary>All endpoints.</summary>
    public IReadOnlyList<Endpoint> Endpoints() => _endpoints.List();

    /// <summary>
    /// Attaches a container: leases an address, makes the veth pair with its far end inside the container's namespace,
    /// sets up addresses and routes there, publishes the ports. When any of it fails, all of it is undone.
    /// </summary>
    /// <param name="containerId">The container.</param>
    /// <param name="networkName">The network to join.</param>
    /// <param name="inside">The container's network namespace (borrowed).</param>
    /// <param name="ports">The ports to publish.</param>
    /// <param name="options">What the container asks for.</param>
    public Endpoint Attach(
        string containerId,
        string networkName,
        NetNamespace inside,
        IReadOnlyList<PortMapping> ports,
        EndpointOptions options)
    {
        RefuseIpv6(ports);
        // A record from before a crash: its address, ports and interface belong to nobody any more.
        Detach(containerId, deleteLink: true);
        using var host = new HostSockets();
        (NetworkRecord network, LinkInfo bridge) = _bridge.Ensure(host, networkName);
        var unwinding = new Unwinding();
        try
        {
            Endpoint endpoint = Reserve(containerId, network, ports, options, unwinding);
            using Fd? held = endpoint.Ports.Count > 0 ? _bridge.LockRules(exclusive: false) : null;
            _endpoints.Write(endpoint);
            unwinding.Push(() => _endpoints.Delete(containerId));
            VethEndpoint.Create(host.Route, bridge, endpoint, inside.Fd);
            unwinding.Push(() => VethEndpoint.Delete(host.Route, endpoint));
            VethEndpoint.Configure(inside.Rtnetlink, endpoint);
            _rules.Publish(host, endpoint);
            StaleFlows.ForgetBefore(host, endpoint);
            return endpoint;
        }
        catch (Exception e)
        {
            throw unwinding.Fail(e);
        }
    }

    /// <summary>
    /// Undoes <see cref="Attach"/> from the state file alone: takes the ports back, releases the address. Idempotent.
    /// The veth goes with the container's namespace, which is cheaper; <paramref name="deleteLink"/> is for when that
    /// stays.
    /// </summary>
    public void Detach(string containerId, bool deleteLink = false)
    {
        if (_endpoints.Find(containerId) is not { } endpoint) return;
        using var host = new HostSockets();
        using Fd? held = endpoint.Ports.Count > 0 ? _bridge.LockRules(exclusive: false) : null;
        _rules.Unpublish(host, endpoint);
        StaleFlows.ForgetAfter(host, endpoint);
        _ports.Release(containerId, endpoint.Ports);
        if (deleteLink) VethEndpoint.Delete(host.Route, endpoint);
        LeasesOf(endpoint.NetworkId).Release(endpoint.Address);
        // Last: until everything is undone, the record says what there is to undo.
        _endpoints.Delete(containerId);
    }

    /// <summary>
    /// Removes what crashes left behind: endpoints, leases and ports of containers that <paramref name="isLive"/>
    /// denies. It is asked at the moment of removal, so it may run beside starts as long as a container exists before
    /// it attaches.
    /// </summary>
    public void Prune(Func<string, bool> isLive)
    {
        var attached = new Dictionary<string, IPAddress>();
        foreach (Endpoint endpoint in _endpoints.List())
        {
            if (isLive(endpoint.ContainerId)) attached[endpoint.ContainerId] = endpoint.Address;
            else Detach(endpoint.ContainerId, deleteLink: true);
        }
        _ports.Prune(isLive);
        foreach (NetworkRecord network in _networks.List())
        {
            var leases = new AddressLeases(_roots, network);
            foreach ((IPAddress address, string containerId) in leases.List())
            {
                // A live container may also hold one that its record does not know, from an attachment cut short.
                bool isOld = attached.TryGetValue(containerId, out IPAddress? current) && !current.Equals(address);
                if (isOld || !isLive(containerId)) leases.Release(address);
            }
        }
    }

    /// <summary>
    /// Removes this instance from the host's network: its table, its bridges and its volatile state. Containers that
    /// still run lose their network. The networks' records stay.
    /// </summary>
    public void RemoveAll()
    {
        using var host = new HostSockets();
        using Fd turn = StateFile.LockNetworkNamespace();
        _rules.Remove(host);
        foreach (NetworkRecord network in _networks.List())
            if (network.Driver == "bridge") VethEndpoint.DeleteLink(host.Route, _names.BridgeOf(network));
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(_roots.RunRoot + "/networks");
        if (failures.Count > 0) throw new AggregateException("remove the networks' state", failures);
    }

    private Endpoint Reserve(
        string containerId,
        NetworkRecord network,
        IReadOnlyList<PortMapping> ports,
        EndpointOptions options,
        Unwinding unwinding)
    {
        var leases = new AddressLeases(_roots, network);
        IPAddress address = leases.Acquire(containerId, options.Address);
        unwinding.Push(() => leases.Release(address));
        PortMapping[] reserved = _ports.Reserve(containerId, ports);
        unwinding.Push(() => _ports.Release(containerId, reserved));
        return new Endpoint
        {
            ContainerId = containerId,
            NetworkId = network.Id,
            NetworkName = network.Name,
            Address = address,
            PrefixLength = network.Subnet.PrefixLength,
            Gateway = network.Gateway!,
            Mac = options.Mac ?? Bridge.MacOf(address),
            HostVeth = NetworkNames.NewVeth(containerId),
            Ports = reserved,
            Aliases = options.Aliases,
        };
    }

    private AddressLeases LeasesOf(string networkId) =>
        new(_roots, new NetworkRecord { Id = networkId, Name = "", Driver = "" });

    private static void RefuseIpv6(IReadOnlyList<PortMapping> ports)
    {
        foreach (PortMapping port in ports)
            if (port.HostAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork)
                throw new UsageException($"cannot publish {port}: the network has no IPv6 addresses");
    }
}
