using Skiff.Agent.Networks.Policies;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>What the agent looks after, and what the host is told to be.</summary>
internal sealed partial class NetworkModule
{
    /// <summary>What the host's firewalls forbid to containers, a line each, with what lets them.</summary>
    public IReadOnlyList<string> Warnings()
    {
        using var host = new HostSockets();
        return [.. _bridge.Forward.Warnings(host)];
    }

    /// <summary>The host's sysctls that were changed for networks.</summary>
    public IReadOnlyList<SysctlChange> SysctlChanges() => Forwarding.Changes(_roots);

    /// <summary>Begins to listen to what policies deny; null when another agent does here.</summary>
    public PolicyWatch? WatchPolicies(Action<NetworkReport> report)
    {
        try
        {
            return new PolicyWatch(_roots, _names.Table,
                denied => report(denied with { Network = _networks.FindByName(denied.NetworkName!) }));
        }
        catch (LinuxException e) when (e.Errno == Errno.EBUSY)
        {
            return null;
        }
    }

    /// <summary>Begins to listen to what happens in the calling thread's network namespace.</summary>
    /// <param name="isRunning">Whether a container's first process is alive.</param>
    /// <param name="report">Takes what has happened.</param>
    public NetworkWatch Watch(Func<string, bool> isRunning, Action<NetworkReport> report) =>
        new(_names, _networks, _endpoints, _bridge, isRunning, report);
}
