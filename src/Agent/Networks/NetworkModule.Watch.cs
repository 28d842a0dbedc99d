using Skiff.Agent.Networks.Policies;

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

    /// <summary>
    /// Begins to listen to what policies deny. EPERM when another process does here; other errnos from kernels without
    /// nfnetlink_log.
    /// </summary>
    public PolicyWatch WatchPolicies(Action<NetworkReport> report) => new(_roots, _names.Table,
        denied => report(denied with { Network = _networks.FindByName(denied.NetworkName!) }));

    /// <summary>Begins to listen to what happens in the calling thread's network namespace.</summary>
    /// <param name="isRunning">Whether a container's first process is alive.</param>
    /// <param name="report">Takes what has happened.</param>
    public NetworkWatch Watch(Func<string, bool> isRunning, Action<NetworkReport> report) =>
        new(_names, _networks, _endpoints, _bridge, isRunning, report);
}
