using Skiff.Agent.Containers;
using Skiff.Agent.Dhcp;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// Keeps the addresses that DHCP servers have given a running container, and gives them back at its end. A container
/// without such addresses costs nothing.
/// </summary>
internal sealed class ContainerDhcp : IDisposable
{
    private readonly EventLoop _loop;
    private readonly NetworkModule _networks;
    private readonly ContainerStore _store;
    private readonly ContainerConfig _config;
    private readonly Fd _namespace;
    private readonly Action _changed;
    private readonly Dictionary<string, DhcpRenewal> _renewals = [];
    private string? _problem;

    private ContainerDhcp(
        EventLoop loop, StateRoots roots, ContainerConfig config, Fd netNamespace, Action changed)
    {
        (_loop, _config, _namespace, _changed) = (loop, config, netNamespace, changed);
        (_networks, _store) = (new NetworkModule(roots), new ContainerStore(roots));
    }

    /// <summary>Begins to look after a container's addresses; null when no server has given any.</summary>
    /// <param name="loop">The monitor's.</param>
    /// <param name="roots">Where networks are remembered.</param>
    /// <param name="config">The container.</param>
    /// <param name="inside">Its network namespace; a copy of the descriptor is kept.</param>
    /// <param name="changed">Told when it may have another address.</param>
    public static ContainerDhcp? Start(
        EventLoop loop, StateRoots roots, ContainerConfig config, NetNamespace inside, Action changed)
    {
        if (!Array.Exists(new NetworkModule(roots).EndpointsOf(config.Id), end => end.Lease is not null)) return null;
        var dhcp = new ContainerDhcp(loop, roots, config, Files.Dup(inside.Fd), changed);
        dhcp.Refresh();
        return dhcp;
    }

    /// <summary>Looks at what networks the container is on now: it has joined one, or left one.</summary>
    public void Refresh()
    {
        Endpoint[] ends = _networks.EndpointsOf(_config.Id);
        foreach (string id in _renewals.Keys.Where(id => !Array.Exists(ends, end => end.Id == id)).ToArray())
            if (_renewals.Remove(id, out DhcpRenewal? gone)) gone.Dispose();
        foreach (Endpoint end in ends)
            if (end.Lease is { } lease && !_renewals.ContainsKey(end.Id))
                _renewals[end.Id] = new DhcpRenewal(_loop, _namespace, end.InterfaceName, end.DhcpIdentity,
                    lease.Seconds == 0 ? null : lease, given => Renew(end.Id, given));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DhcpRenewal renewal in _renewals.Values) renewal.Release();
        _renewals.Clear();
        _namespace.Dispose();
    }

    // False: it is to be tried again.
    private bool Renew(string endpointId, DhcpLease? lease)
    {
        try
        {
            using NetNamespace inside = NetNamespace.Open(Files.Dup(_namespace));
            if (_networks.Renew(_config.Id, endpointId, lease, inside) is not { } change)
            {
                Refresh();
                return true;
            }
            if (!Equals(change.Before.Address, change.After.Address)) Tell(change.Before, change.After);
            _networks.Reroute(_config.Id, endpointId, lease, inside);
            _changed();
            _problem = null;
            return true;
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            // The monitor goes on, and so does the container. What stays wrong is said once.
            if (e.Message != _problem) KernelLog.Error(_config, (lease is null ? "taking away the address of an ended "
                + "lease" : $"setting up the address {lease.Address}") + $": {e.Message}; it is tried again");
            _problem = e.Message;
            return false;
        }
    }

    private void Tell(Endpoint before, Endpoint after)
    {
        string directory = _store.RunDirectory(_config.Id);
        ContainerNetwork.RemoveHost(directory, before);
        ContainerNetwork.AddHost(_config, directory, after);
        KernelLog.Error(_config, $"network {after.NetworkName}: its address was {before.Address?.ToString() ?? "none"} "
            + $"and is {after.Address?.ToString() ?? "none: no DHCP server renews it"}");
    }
}
