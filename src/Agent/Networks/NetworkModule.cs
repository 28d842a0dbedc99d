using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>
/// The network module: networks, and the attachment of containers to them. Usable by several processes at once on the
/// same roots; all methods act in the calling thread's network namespace.
/// </summary>
internal sealed partial class NetworkModule
{
    private readonly StateRoots _roots;
    private readonly NetworkNames _names;
    private readonly NetworkStore _networks;
    private readonly EndpointStore _endpoints;
    private readonly PublishedPorts _ports;
    private readonly Ruleset _rules;
    private readonly Bridge _bridge;
    private readonly PolicyModule _policies;
    private readonly LinkDriver _links;

    /// <summary>Told of what a call finds out that nobody has asked for.</summary>
    public Action<NetworkReport> Report { get; init; } = static _ => { };

    /// <summary>Opens the module; touches nothing yet.</summary>
    public NetworkModule(StateRoots roots)
    {
        _roots = roots;
        _names = new NetworkNames(roots);
        _networks = new NetworkStore(roots);
        _endpoints = new EndpointStore(roots);
        _ports = new PublishedPorts(roots);
        _rules = new Ruleset(_names.Table);
        _policies = new PolicyModule(roots, _names.Table);
        _bridge = new Bridge(roots, _names, _networks, _endpoints, _rules, _policies);
        _links = new LinkDriver(_networks);
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

    /// <summary>The network with this name or id, or with an id that begins so.</summary>
    /// <exception cref="UsageException">There is none, or more than one.</exception>
    public NetworkRecord Get(string nameOrId) => TryGet(nameOrId) ?? throw NotFound(nameOrId);

    /// <summary>The network with this name or id, or with an id that begins so; null when there is none.</summary>
    public NetworkRecord? TryGet(string nameOrId)
    {
        using var host = new HostSockets();
        _bridge.EnsureRecords(host);
        return _networks.Find(nameOrId);
    }

    /// <summary>The container's endpoints, in the order of its interfaces.</summary>
    public Endpoint[] EndpointsOf(string containerId) => _endpoints.Find(containerId);

    /// <summary>The stamp of what <see cref="EndpointsOf"/> finds.</summary>
    public FileStamp StampEndpointsOf(string containerId) => _endpoints.Stamp(containerId);

    /// <summary>All endpoints.</summary>
    public IReadOnlyList<Endpoint> Endpoints() => _endpoints.List();

    /// <summary>The addresses of all that are called so in a network.</summary>
    /// <param name="networkId">The network.</param>
    /// <param name="name">In lower case.</param>
    public IReadOnlyList<IPAddress> FindName(string networkId, string name) =>
        new NameDirectory(_roots, networkId).Find(name);

    /// <summary>The stamp of what <see cref="FindName"/> finds.</summary>
    public FileStamp StampName(string networkId, string name) => new NameDirectory(_roots, networkId).Stamp(name);

    /// <summary>The endpoint that has an address of a network; null when none has.</summary>
    public Endpoint? FindMember(string networkId, IPAddress address) =>
        new AddressLeases(_roots, networkId).OwnerOf(address) is not { } containerId ? null
            : Array.Find(_endpoints.Find(containerId), end => end.NetworkId == networkId);

    /// <summary>The interface of a bridge network.</summary>
    public string BridgeOf(NetworkRecord network) => _names.BridgeOf(network);

    /// <summary>Makes a network; its bridge comes with its first container, another parent at once.</summary>
    /// <exception cref="UsageException">It is impossible as asked for.</exception>
    public NetworkRecord Create(NetworkRequest request)
    {
        using var host = new HostSockets();
        _bridge.EnsureRecords(host);
        using FileLock turn = StateFile.LockNetworkNamespace();
        List<NetworkRecord> others = _networks.List();
        if (others.Exists(other => other.Name == request.Name) && !NetworkNames.IsPredefined(request.Name))
            throw NetworkStore.NameTaken(request.Name);
        NetworkRecord network = NetworkCreation.Plan(request, SubnetPool.Used(host.Route), others);
        if (request.Options.ContainsKey(BridgeOptions.NameKey)
            && Links.Find(host.Route, _names.BridgeOf(network)) is { } link)
        {
            if (link.Kind != "bridge") throw new UsageException($"{link.Name} is no bridge");
            network = network with { IsBridgeForeign = true };
        }
        if (LinkOptions.AreOf(network.Driver)) network = LinkDriver.Create(host, network, others);
        try
        {
            _networks.Write(network);
        }
        catch when (LinkOptions.AreOf(network.Driver))
        {
            _links.Remove(host, network);
            throw;
        }
        return network;
    }

    /// <summary>Removes a network that no container is attached to.</summary>
    public void Remove(NetworkRecord network)
    {
        if (network.IsPredefined)
            throw UsageException.Forbidden(
                $"{network.Name} is a pre-defined network and cannot be removed");
        using var host = new HostSockets();
        using FileLock held = _endpoints.Lock(exclusive: true);
        using FileLock turn = StateFile.LockNetworkNamespace();
        string[] attached = [.. _endpoints.List().Where(end => end.NetworkId == network.Id)
            .Select(end => $"name:\"{end.Names.FirstOrDefault() ?? end.ContainerId[..12]}\" id:\"{end.Id[..12]}\"")];
        if (attached.Length > 0)
            throw UsageException.Forbidden($"error while removing network: network {network.Name} has active endpoints "
                + $"({string.Join(", ", attached)})");
        _networks.Delete(network);
        if (LinkOptions.AreOf(network.Driver)) _links.Remove(host, network);
        else _bridge.Remove(host, network);
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove($"{_roots.RunRoot}/networks/{network.Id}");
        if (failures.Count > 0) throw new AggregateException($"remove network {network.Name}", failures);
    }

    /// <summary>
    /// Attaches a container: leases addresses, makes its interfaces inside the container's namespace, sets up addresses
    /// and routes there, publishes the ports. When any of it fails, all of it is undone.
    /// </summary>
    /// <param name="request">What the container asks for.</param>
    /// <param name="inside">The container's network namespace (borrowed).</param>
    public IReadOnlyList<Endpoint> Attach(AttachRequest request, NetNamespace inside)
    {
        using var host = new HostSockets();
        using DhcpJoins joins = DhcpJoins.Ask(
            host, request, inside, network => Find(host, network), network => Ensure(host, network));
        using FileLock held = _endpoints.Lock(exclusive: false);
        // A record from before a crash: its addresses, ports and interfaces belong to nobody any more.
        LeaveAll(host, request.ContainerId, deleteLink: true);
        var unwinding = new Unwinding();
        try
        {
            var networks = new List<ReadyNetwork>();
            var reserved = new List<Endpoint>();
            foreach (EndpointSettings settings in request.Endpoints)
            {
                networks.Add(Ensure(host, settings.Network));
                reserved.Add(Reserve(request, settings, networks[^1], reserved, joins, unwinding));
            }
            Endpoint[] endpoints = Gateways.Assign(
                _ports.Reserve(request.ContainerId, reserved, networks, request.Ports, unwinding));
            // By the records: they are taken back first.
            unwinding.Push(() => SetPolicies(host, [], endpoints));
            _endpoints.Write(request.ContainerId, endpoints);
            unwinding.Push(() => _endpoints.Delete(request.ContainerId));
            SetPolicies(host, endpoints, []);
            using FileLock? rules = request.Ports.Count > 0 ? _bridge.LockRules(exclusive: false) : null;
            EndpointLinks.Create(host.Route, endpoints, networks, inside);
            foreach (Endpoint endpoint in endpoints)
                unwinding.Push(() => EndpointLinks.Delete(host.Route, inside, endpoint));
            EndpointLinks.Configure(inside, endpoints, AddressProbe.Of(host, inside, endpoints, networks, Report));
            foreach (Endpoint endpoint in endpoints) Announce(host, endpoint, unwinding);
            joins.Keep();
            return endpoints;
        }
        catch (Exception e)
        {
            throw unwinding.Fail(e);
        }
    }

    /// <summary>
    /// Undoes <see cref="Attach"/> from the state file alone: takes the ports back, releases the addresses. Idempotent.
    /// The interfaces go with the container's namespace, which is cheaper; <paramref name="deleteLink"/> is for when
    /// that stays.
    /// </summary>
    public void Detach(string containerId, bool deleteLink = false)
    {
        try
        {
            DetachOnce(containerId, deleteLink);
        }
        catch (LinuxException)
        {
            // The kernel may have had no room for a moment, and nobody else will come by soon.
            DetachOnce(containerId, deleteLink);
        }
    }

    private void DetachOnce(string containerId, bool deleteLink)
    {
        using var host = new HostSockets();
        using FileLock held = _endpoints.Lock(exclusive: false);
        LeaveAll(host, containerId, deleteLink);
    }

    /// <summary>
    /// Removes what crashes left behind: endpoints, leases and ports of containers that <paramref name="isLive"/>
    /// denies. It is asked at the moment of removal, so it may run beside starts as long as a container exists before
    /// it attaches.
    /// </summary>
    public void Prune(Func<string, bool> isLive)
    {
        var attached = new Dictionary<string, HashSet<IPAddress>>();
        foreach (Endpoint endpoint in _endpoints.List())
        {
            if (!isLive(endpoint.ContainerId)) Detach(endpoint.ContainerId, deleteLink: true);
            else if (attached.TryGetValue(endpoint.ContainerId, out HashSet<IPAddress>? addresses))
                addresses.UnionWith(endpoint.Addresses);
            else attached[endpoint.ContainerId] = [.. endpoint.Addresses];
        }
        _ports.Prune(isLive);
        foreach (NetworkRecord network in _networks.List())
        {
            var leases = new AddressLeases(_roots, network.Id);
            foreach ((IPAddress address, string containerId) in leases.List())
            {
                // A live container may also hold one that its record does not know, from an attachment cut short.
                bool isOld = attached.TryGetValue(containerId, out HashSet<IPAddress>? current)
                    && !current.Contains(address);
                if (isOld || !isLive(containerId)) leases.Release(containerId, address);
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
        using FileLock turn = StateFile.LockNetworkNamespace();
        _rules.Remove(host);
        _bridge.Forward.Remove(host);
        List<NetworkRecord> networks = _networks.List();
        LinkDriver.RemoveAll(host, networks);
        foreach (NetworkRecord network in networks)
        {
            if (network.Driver != "bridge") continue;
            if (network.IsBridgeForeign) Bridge.LeaveForeign(host, network, _names.BridgeOf(network));
            else EndpointLinks.DeleteLink(host.Route, _names.BridgeOf(network));
        }
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(_roots.RunRoot + "/networks");
        if (failures.Count > 0) throw new AggregateException("remove the networks' state", failures);
    }

    private NetworkRecord Find(string nameOrId) => _networks.Find(nameOrId) ?? throw NotFound(nameOrId);

    private static UsageException NotFound(string nameOrId) => UsageException.NotFound($"network {nameOrId} not found");

    private NetworkRecord Find(HostSockets host, string nameOrId)
    {
        _bridge.EnsureRecords(host);
        return Find(nameOrId);
    }

    // The host's side of a network, as its driver makes it.
    private ReadyNetwork Ensure(HostSockets host, string nameOrId)
    {
        NetworkRecord network = Find(host, nameOrId);
        return LinkOptions.AreOf(network.Driver) ? _links.Ensure(host, network) : _bridge.Ensure(host, network);
    }

    private Endpoint Reserve(
        AttachRequest request, EndpointSettings settings, ReadyNetwork ready, IReadOnlyList<Endpoint> others,
        DhcpJoins joins, Unwinding unwinding)
    {
        NetworkRecord network = ready.Network;
        if (others.Any(other => other.NetworkId == network.Id))
            throw new UsageException($"network {network.Name} is specified multiple times");
        return (network.UsesDhcp ? WithLease(request, settings, ready, joins, unwinding)
            : WithAddresses(request, settings, ready, unwinding)) with
        {
            LinkLocalAddresses = Array.ConvertAll(settings.LinkLocalAddresses, IPAddress.Parse),
            InterfaceName = EndpointOptions.InterfaceName(settings, ready, others),
            HasNeighbours = ready.HasNeighbours,
            GatewayPriority = settings.GatewayPriority,
            Names = network.Name == NetworkNames.DefaultNetwork ? [] : NamesOf(request, settings),
            ContainerName = request.Names.FirstOrDefault() ?? "",
            Labels = request.Labels,
            IngressBytesPerSecond = Bandwidth.Of(Bandwidth.IngressKey, ready, settings),
            EgressBytesPerSecond = Bandwidth.Of(Bandwidth.EgressKey, ready, settings),
            Sysctls = settings.DriverOptions.GetValueOrDefault(EndpointSysctls.Key) ?? "",
        };
    }

    private Endpoint WithAddresses(
        AttachRequest request, EndpointSettings settings, ReadyNetwork ready, Unwinding unwinding)
    {
        NetworkRecord network = ready.Network;
        (IPAddress? address, AddressPool? pool) = Lease(request, network, false, settings.Ipv4Address, unwinding);
        (IPAddress? address6, AddressPool? pool6) = Lease(request, network, true, settings.Ipv6Address, unwinding);
        return new Endpoint
        {
            Id = NetworkStore.NewId(),
            ContainerId = request.ContainerId,
            NetworkId = network.Id,
            NetworkName = network.Name,
            Address = address,
            PrefixLength = pool?.Subnet.PrefixLength ?? 0,
            Gateway = ready.GatewayOf(pool),
            Ipv6Address = address6,
            Ipv6PrefixLength = pool6?.Subnet.PrefixLength ?? 0,
            Ipv6Gateway = ready.GatewayOf(pool6),
            Mac = ready.MacOf(settings.MacAddress is { } mac ? MacOf(mac) : null, address),
            HostVeth = ready is ReadyBridge ? NetworkNames.NewVeth(request.ContainerId) : "",
        };
    }

    private static string[] NamesOf(AttachRequest request, EndpointSettings settings) =>
        [.. request.Names.Take(1), .. settings.Aliases, .. request.Names.Skip(1)];

    private (IPAddress? Address, AddressPool? Pool) Lease(
        AttachRequest request, NetworkRecord network, bool ipv6, string? wanted, Unwinding unwinding)
    {
        if (!network.Has(ipv6)) return wanted is null ? (null, null) : throw new UsageException(
            $"invalid address {wanted}: network {network.Name} has no IPv{(ipv6 ? 6 : 4)} addresses");
        var leases = new AddressLeases(_roots, network.Id);
        (IPAddress address, AddressPool pool) = leases.Acquire(
            network, ipv6, request.ContainerId, wanted is null ? null : IPAddress.Parse(wanted));
        unwinding.Push(() => leases.Release(request.ContainerId, address));
        return (address, pool);
    }

    /// <summary>An Ethernet address as a user writes it.</summary>
    internal static MacAddress MacOf(string text) => MacAddress.TryParse(text, out MacAddress mac) ? mac
        : throw new UsageException($"invalid MAC address: {text}", 125);

    // Tells others how the container is reached.
    private void Announce(HostSockets host, Endpoint endpoint, Unwinding unwinding)
    {
        _rules.Publish(host, endpoint);
        unwinding.Push(() => _rules.Unpublish(host, endpoint));
        StaleFlows.ForgetBefore(host, endpoint);
        var names = new NameDirectory(_roots, endpoint.NetworkId);
        unwinding.Push(() => names.Remove(endpoint));
        names.Add(endpoint);
    }

    private void LeaveAll(HostSockets host, string containerId, bool deleteLink)
    {
        Endpoint[] endpoints = _endpoints.Find(containerId);
        if (endpoints.Length == 0) return;
        using FileLock? rules = Array.Exists(endpoints, end => end.Ports.Count > 0)
            ? _bridge.LockRules(exclusive: false) : null;
        bool isKnown = true;
        foreach (Endpoint endpoint in endpoints) isKnown &= Leave(host, endpoint, deleteLink);
        // Last: until everything is undone, the record says what there is to undo.
        _endpoints.Delete(containerId);
        rules?.Dispose();
        if (!isKnown) _bridge.ReplaceRules(host);
    }

    // False when the table has to be made anew without it.
    private bool Leave(HostSockets host, Endpoint endpoint, bool deleteLink, NetNamespace? inside = null)
    {
        new NameDirectory(_roots, endpoint.NetworkId).Remove(endpoint);
        _rules.Unpublish(host, endpoint);
        StaleFlows.ForgetAfter(host, endpoint);
        _ports.Release(endpoint.ContainerId, endpoint.Ports);
        if (deleteLink) EndpointLinks.Delete(host.Route, inside, endpoint);
        // Before another one may have the addresses.
        bool isKnown = TrySetPolicies(host, [], [endpoint]);
        var leases = new AddressLeases(_roots, endpoint.NetworkId);
        foreach (IPAddress address in endpoint.Addresses) leases.Release(endpoint.ContainerId, address);
        return isKnown;
    }
}
