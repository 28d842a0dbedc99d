using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>What a container's networks need of its monitor.</summary>
internal sealed partial class MonitorProcess
{
    private ServedNetworks? _served;

    // Ended with the start, when that fails, and with the run.
    private ServedNetworks Serve(ContainerConfig config, NetNamespace inside, ServingReason reason)
    {
        var served = new ServedNetworks(_loop, _starter.Roots, () => _served = null);
        try
        {
            served.Refresh(config, inside, reason);
            return _served = served;
        }
        catch
        {
            served.Dispose();
            throw;
        }
    }

    // It has joined a network, or left one.
    private void RefreshNetworks()
    {
        try
        {
            Refresh();
            if (_run is not { } run || !ContainerNetwork.IsServed(_config)) return;
            using NetNamespace inside = NetNamespace.Open(run.Container.Process.Pid);
            if (_served is not null) _served.Refresh(_config, inside, ServingReason.Change);
            else run.Container.Owns(ContainerNetwork.EndOfServing, Serve(_config, inside, ServingReason.Change));
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            // The container goes on, and so does its monitor; it has no names then, and its lease runs out.
            KernelLog.Error(_config, $"serving its networks: {e.Message}");
        }
    }
}
