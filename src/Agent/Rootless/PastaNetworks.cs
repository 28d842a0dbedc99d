using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Rootless;

/// <summary>
/// What <see cref="NetworkModule"/> is for root: a rootless container is attached to the network by a
/// <see cref="Pasta"/> of its own, and its ports and address are recorded in the same places.
/// </summary>
internal sealed class PastaNetworks(StateRoots roots)
{
    private readonly EndpointStore _endpoints = new(roots);
    private readonly PortReservations _ports = new(roots);

    /// <summary>Reserves the ports, and has pasta connect the namespace; all or nothing.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="runDirectory">Its volatile directory.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="ports">What it publishes.</param>
    public Endpoint Attach(
        string containerId, string runDirectory, NetNamespace ns, IReadOnlyList<PortMapping> ports)
    {
        Detach(containerId, runDirectory);
        PortMapping[] reserved = _ports.Reserve(containerId, ports);
        try
        {
            Endpoint endpoint = Pasta.Start(containerId, ns, runDirectory, reserved);
            _endpoints.Write(containerId, [endpoint]);
            return endpoint;
        }
        catch
        {
            Pasta.Stop(runDirectory);
            _ports.Release(containerId, reserved);
            throw;
        }
    }

    /// <summary>Undoes <see cref="Attach"/>, in any process; fine when there is nothing to undo.</summary>
    public void Detach(string containerId, string runDirectory)
    {
        Pasta.Stop(runDirectory);
        foreach (Endpoint endpoint in _endpoints.Find(containerId)) _ports.Release(containerId, endpoint.Ports);
        _endpoints.Delete(containerId);
    }

    /// <summary>Forgets containers that are gone; their pastas have ended with their directories.</summary>
    public void Prune(Func<string, bool> isLive)
    {
        foreach (Endpoint endpoint in _endpoints.List())
            if (!isLive(endpoint.ContainerId)) _endpoints.Delete(endpoint.ContainerId);
        _ports.Prune(isLive);
    }
}
