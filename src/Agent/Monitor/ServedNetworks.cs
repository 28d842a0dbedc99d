using System.Net;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor.Proxy;
using Skiff.Agent.Networks;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// What one run of a container needs for its networks: names are answered, leases are renewed, the host's [::1] leads
/// to its ports, and others who have its addresses are heard of. Each of it only where there is something to do.
/// </summary>
/// <param name="loop">The monitor's.</param>
/// <param name="roots">Where networks are remembered.</param>
/// <param name="ended">Told when it is disposed of.</param>
internal sealed class ServedNetworks(EventLoop loop, StateRoots roots, Action ended) : IDisposable
{
    private readonly NetworkModule _networks = new(roots);
    private IDisposable? _resolver;
    private ContainerDhcp? _dhcp;
    private LoopbackProxy? _proxy;
    private AddressWatch? _addresses;

    /// <summary>Looks at what networks the container is on now.</summary>
    /// <param name="config">The container.</param>
    /// <param name="inside">Its network namespace; borrowed.</param>
    /// <param name="reason">Why it looks.</param>
    /// <exception cref="UsageException">A port that is asked for is taken, at a start.</exception>
    public void Refresh(ContainerConfig config, NetNamespace inside, ServingReason reason)
    {
        if (ContainerNetwork.HasResolver(config))
        {
            _resolver ??= ContainerResolver.Start(loop, roots, config, inside);
            if (_dhcp is null) _dhcp = ContainerDhcp.Start(loop, roots, config, inside, () => Follow(config));
            else _dhcp.Refresh();
        }
        Endpoint[] ends = _networks.EndpointsOf(config.Id);
        if (_addresses is null && Array.Exists(ends, AddressWatch.Concerns))
            _addresses = new AddressWatch(loop, inside.Fd, (end, address, mac) => Report(config, end, address, mac));
        _addresses?.Refresh(ends, tells: reason != ServingReason.Adoption);
        if (config.Ports.Length > 0 || _proxy is not null) RefreshPorts(config, ends, reason == ServingReason.Start);
    }

    /// <summary>Gives leases back; the namespace has to be there yet.</summary>
    public void EndDhcp()
    {
        _dhcp?.Dispose();
        _dhcp = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _addresses?.Dispose();
        _proxy?.Dispose();
        _resolver?.Dispose();
        EndDhcp();
        ended();
    }

    private void Follow(ContainerConfig config)
    {
        Endpoint[] ends = _networks.EndpointsOf(config.Id);
        _addresses?.Refresh(ends, tells: true);
        RefreshPorts(config, ends, isStart: false);
    }

    private void Report(ContainerConfig config, Endpoint end, IPAddress address, MacAddress mac)
    {
        KernelLog.Error(config, $"network {end.NetworkName}: another host has its address {address}, too: {mac}");
        new ContainerStore(roots).Events.Write(NetworkEvents.Of(new NetworkReport(NetworkChange.AddressConflict)
        {
            Network = _networks.TryGet(end.NetworkId), ContainerId = config.Id, Interface = end.InterfaceName,
            Address = address.ToString(), Mac = mac.ToString(),
        }));
    }

    private void RefreshPorts(ContainerConfig config, Endpoint[] ends, bool isStart)
    {
        List<ProxiedPort> ports = ProxiedPort.Of(ends);
        if (_proxy is null && ports.Count == 0) return;
        _proxy ??= new LoopbackProxy(loop);
        foreach (ProxiedPort taken in _proxy.Refresh(ports))
        {
            string problem = $"failed to bind host port {new IPEndPoint(IPAddress.IPv6Loopback, taken.HostPort)}/tcp: "
                + "address already in use";
            if (isStart && taken.IsAsked) throw new UsageException(problem, 125);
            // One that was not asked for may well be somebody else's.
            KernelLog.Error(config, problem);
        }
    }
}
