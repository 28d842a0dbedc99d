namespace Skiff.Agent.Networks;

/// <summary>What the agent looks after.</summary>
internal sealed partial class NetworkModule
{
    /// <summary>Begins to listen to what happens in the calling thread's network namespace.</summary>
    /// <param name="isRunning">Whether a container's first process is alive.</param>
    /// <param name="report">Takes what has happened.</param>
    public NetworkWatch Watch(Func<string, bool> isRunning, Action<NetworkReport> report) =>
        new(_names, _networks, _endpoints, _bridge, isRunning, report);
}
