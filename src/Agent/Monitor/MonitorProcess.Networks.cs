using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>What a container's networks need of its monitor: names are answered, and leases are renewed.</summary>
internal sealed partial class MonitorProcess
{
    private Served? _served;

    // Ended with the start, when that fails, and with the run.
    private Served Serve(ContainerConfig config, NetNamespace inside)
    {
        IDisposable resolver = ContainerResolver.Start(_loop, _starter.Roots, config, inside);
        try
        {
            _dhcp = ContainerDhcp.Start(_loop, _starter.Roots, config, inside);
            return _served = new Served(this, resolver);
        }
        catch
        {
            resolver.Dispose();
            throw;
        }
    }

    private void RefreshNetworks()
    {
        try
        {
            if (_served is null) ServeNow();
            else if (_dhcp is not null) _dhcp.Refresh();
            else if (_run is { } run)
            {
                using NetNamespace inside = NetNamespace.Open(run.Container.Process.Pid);
                _dhcp = ContainerDhcp.Start(_loop, _starter.Roots, _config, inside);
            }
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            // The container goes on, and so does its monitor; it has no names then, and its lease runs out.
            KernelLog.Error(_config, $"serving its networks: {e.Message}");
        }
    }

    // It has joined its first network with names, or one with a lease.
    private void ServeNow()
    {
        Refresh();
        if (_run is not { } run || !ContainerNetwork.HasResolver(_config)) return;
        using NetNamespace inside = NetNamespace.Open(run.Container.Process.Pid);
        run.Container.Owns("closing the resolver", Serve(_config, inside));
    }

    private void EndDhcp()
    {
        _dhcp?.Dispose();
        _dhcp = null;
    }

    private sealed class Served(MonitorProcess monitor, IDisposable resolver) : IDisposable
    {
        public void Dispose()
        {
            resolver.Dispose();
            monitor.EndDhcp();
            monitor._served = null;
        }
    }
}
