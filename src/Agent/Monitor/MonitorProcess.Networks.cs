using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>What a container's networks need of its monitor: names are answered, and leases are renewed.</summary>
internal sealed partial class MonitorProcess
{
    // Ended with the start, when that fails, and with the run.
    private Served Serve(ContainerConfig config, NetNamespace inside)
    {
        IDisposable resolver = ContainerResolver.Start(_loop, _starter.Roots, config, inside);
        try
        {
            _dhcp = ContainerDhcp.Start(_loop, _starter.Roots, config, inside);
            return new Served(this, resolver);
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
            if (_dhcp is not null) _dhcp.Refresh();
            else if (_run is { } run)
            {
                using NetNamespace inside = NetNamespace.Open(run.Container.Process.Pid);
                _dhcp = ContainerDhcp.Start(_loop, _starter.Roots, _config, inside);
            }
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            // The container goes on, and so does its monitor; the lease runs out.
            KernelLog.Error(_config, $"renewing its addresses: {e.Message}");
        }
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
        }
    }
}
