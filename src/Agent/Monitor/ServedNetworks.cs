using System.Net;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor.Proxy;
using Skiff.Agent.Networks;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// What one run of a container needs for its networks: names are answered, leases are renewed, and the host's [::1]
/// leads to its ports. Each of it only where there is something to do.
/// </summary>
/// <param name="loop">The monitor's.</param>
/// <param name="roots">Where networks are remembered.</param>
/// <param name="containerId">The container.</param>
/// <param name="ended">Told when it is disposed of.</param>
internal sealed class ServedNetworks(EventLoop loop, StateRoots roots, string containerId, Action ended) : IDisposable
{
    private readonly NetworkModule _networks = new(roots);
    private IDisposable? _resolver;
    private ContainerDhcp? _dhcp;
    private LoopbackProxy? _proxy;

    /// <summary>Looks at what networks the container is on now.</summary>
    /// <param name="config">The container.</param>
    /// <param name="inside">Its network namespace; borrowed.</param>
    /// <param name="isStart">Whether nothing of it runs yet, so that a port that is taken can fail the start.</param>
    /// <exception cref="UsageException">A port is taken.</exception>
    public void Refresh(ContainerConfig config, NetNamespace inside, bool isStart)
    {
        if (ContainerNetwork.HasResolver(config))
        {
            _resolver ??= ContainerResolver.Start(loop, roots, config, inside);
            if (_dhcp is null) _dhcp = ContainerDhcp.Start(loop, roots, config, inside);
            else _dhcp.Refresh();
        }
        if (config.Ports.Length > 0 || _proxy is not null) RefreshPorts(config, isStart);
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
        _proxy?.Dispose();
        _resolver?.Dispose();
        EndDhcp();
        ended();
    }

    private void RefreshPorts(ContainerConfig config, bool isStart)
    {
        List<ProxiedPort> ports = ProxiedPort.Of(_networks.EndpointsOf(containerId));
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
