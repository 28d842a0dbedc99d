using Skiff.Agent.Dhcp;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>Addresses that DHCP servers give.</summary>
internal sealed partial class NetworkModule
{
    /// <summary>
    /// Has a running container use what its server has given it now; with null, when its lease has ended, it is without
    /// an address there.
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
        bool isSame = before.Lease is { } old && lease is not null && before.Address is not null
            && old.IsConfiguredAs(lease);
        bool isInternal = Find(before.NetworkId).IsInternal;
        ends[index] = before with
        {
            // The last one stays in the record: what it has been is asked for again after a restart of the monitor.
            Lease = lease ?? before.Lease! with { Seconds = 0 },
            Address = lease?.Address,
            PrefixLength = lease?.PrefixLength ?? 0,
            Gateway = isInternal ? null : lease?.Router,
        };
        ends = Gateways.Assign(ends);
        Endpoint after = ends[index];
        if (isSame)
        {
            _endpoints.Write(containerId, ends);
            return (before, after);
        }
        var leases = new AddressLeases(_roots, before.NetworkId);
        var names = new NameDirectory(_roots, before.NetworkId);
        names.Remove(before);
        if (before.Address is { } address) leases.Release(containerId, address);
        if (after.Address is { } given) leases.Note(containerId, given);
        _endpoints.Write(containerId, ends);
        names.Add(after);
        EndpointLinks.Readdress(inside.Rtnetlink, before, after);
        EndpointLinks.Reroute(inside.Rtnetlink, ends);
        return (before, after);
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
