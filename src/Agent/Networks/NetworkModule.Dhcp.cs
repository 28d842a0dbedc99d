using Skiff.Agent.Dhcp;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>Addresses that DHCP servers give.</summary>
internal sealed partial class NetworkModule
{
    /// <summary>
    /// Has a running container use the address that its server has given it now; with null, when its lease has ended,
    /// it is without one there. Its ports are nobody's until <see cref="Reroute"/>. What fails is in no record, and can
    /// be done again.
    /// </summary>
    /// <param name="containerId">The container.</param>
    /// <param name="endpointId">Its place in the network.</param>
    /// <param name="lease">What it has been given.</param>
    /// <param name="inside">Its network namespace.</param>
    /// <returns>Its place before and after; null when it has left the network.</returns>
    public (Endpoint Before, Endpoint After)? Renew(
        string containerId, string endpointId, DhcpLease? lease, NetNamespace inside)
    {
        using FileLock held = _endpoints.Lock(exclusive: true);
        Endpoint[] ends = _endpoints.Find(containerId);
        int index = Array.FindIndex(ends, end => end.Id == endpointId);
        if (index < 0) return null;
        Endpoint before = ends[index];
        if (IsSetUp(before, lease))
        {
            ends[index] = before with { Lease = lease ?? before.Lease };
            _endpoints.Write(containerId, ends);
            return (before, before);
        }
        Endpoint after = ends[index] = before with
        {
            Address = lease?.Address,
            PrefixLength = lease?.PrefixLength ?? 0,
        };
        Unpublish(before);
        // A way out that there is no more goes with the address.
        EndpointLinks.Readdress(inside.Rtnetlink, before, after, keeps: lease?.Router is not null);
        var leases = new AddressLeases(_roots, before.NetworkId);
        var names = new NameDirectory(_roots, before.NetworkId);
        names.Remove(before);
        if (before.Address is { } address) leases.Release(containerId, address);
        if (after.Address is { } given) leases.Note(containerId, given);
        names.Add(after);
        _endpoints.Write(containerId, ends);
        return (before, after);
    }

    /// <summary>
    /// Has routes and ports follow what <see cref="Renew"/> has done. What fails can be done again: the record has the
    /// lease only when all of it is done.
    /// </summary>
    /// <param name="containerId">The container.</param>
    /// <param name="endpointId">Its place in the network.</param>
    /// <param name="lease">As given there.</param>
    /// <param name="inside">Its network namespace.</param>
    public void Reroute(string containerId, string endpointId, DhcpLease? lease, NetNamespace inside)
    {
        using FileLock held = _endpoints.Lock(exclusive: true);
        Endpoint[] ends = _endpoints.Find(containerId);
        int index = Array.FindIndex(ends, end => end.Id == endpointId);
        if (index < 0 || ends[index] is var end && IsSetUp(end, lease)) return;
        ends[index] = end with
        {
            // The last one stays in the record: what it has been is asked for again after a restart of the monitor.
            Lease = lease ?? end.Lease! with { Seconds = 0 },
            Gateway = Find(end.NetworkId).IsInternal ? null : lease?.Router,
        };
        Endpoint[] after = Gateways.Assign(ends);
        // Ports that nobody can have now wait for the next address.
        after[index] = after[index] with { Ports = [.. after[index].Ports, .. Lost(ends, after)] };
        EndpointLinks.Reroute(inside.Rtnetlink, after);
        // Its own are not published now.
        ends[index] = end with { Ports = [] };
        using (var host = new HostSockets()) Move(host, ends, after);
        _endpoints.Write(containerId, after);
    }

    private static bool IsSetUp(Endpoint end, DhcpLease? lease) => lease is null
        ? end is { Address: null, Lease.Seconds: 0 }
        : end is { Address: not null, Lease: { Seconds: > 0 } old } && old.IsConfiguredAs(lease);

    private void Unpublish(Endpoint endpoint)
    {
        if (endpoint.Ports.Count == 0) return;
        using var host = new HostSockets();
        using FileLock rules = _bridge.LockRules(exclusive: false);
        _rules.Unpublish(host, endpoint);
        StaleFlows.ForgetAfter(host, endpoint);
    }

    private Endpoint WithLease(
        AttachRequest request, EndpointSettings settings, ReadyNetwork ready, DhcpJoins joins, Unwinding unwinding)
    {
        NetworkRecord network = ready.Network;
        if (settings.Ipv4Address is not null || settings.Ipv6Address is not null) throw new UsageException(
            $"network {network.Name} gives no address of choice: its DHCP server says which", 125);
        if (joins.Find(network.Id) is not { Lease: { } lease } joined)
            throw new UsageException($"network {network.Name} has become another one meanwhile");
        var leases = new AddressLeases(_roots, network.Id);
        leases.Note(request.ContainerId, lease.Address);
        unwinding.Push(() => leases.Release(request.ContainerId, lease.Address));
        return joined with
        {
            Address = lease.Address,
            PrefixLength = lease.PrefixLength,
            Gateway = network.IsInternal ? null : lease.Router,
        };
    }
}
