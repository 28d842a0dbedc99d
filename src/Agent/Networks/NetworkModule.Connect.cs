using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>What changes while a container runs.</summary>
internal sealed partial class NetworkModule
{
    /// <summary>Has a running container join a network; when any of it fails, all is as it was.</summary>
    /// <param name="request">The container, the network, and the ports that it publishes.</param>
    /// <param name="inside">Its network namespace.</param>
    /// <param name="isRunning">Whether it still runs; asked when nobody can take its endpoints away.</param>
    public Endpoint Connect(AttachRequest request, NetNamespace inside, Func<bool> isRunning)
    {
        using var host = new HostSockets();
        using DhcpJoins joins = DhcpJoins.Ask(
            host, request, inside, network => Find(host, network), network => Ensure(host, network));
        using FileLock held = _endpoints.Lock(exclusive: true);
        if (!isRunning()) throw UsageException.Conflict($"container {request.ContainerId} is not running");
        EndpointSettings settings = request.Endpoints[0];
        Endpoint[] before = _endpoints.Find(request.ContainerId);
        ReadyNetwork network = Ensure(host, settings.Network);
        if (Array.Exists(before, end => end.NetworkId == network.Network.Id)) throw UsageException.Forbidden(
            $"endpoint with name {request.Names[0]} already exists in network {network.Network.Name}");
        var unwinding = new Unwinding();
        try
        {
            Endpoint joined = Reserve(request, settings, network, before, joins, unwinding);
            Endpoint[] after = Gateways.Assign([.. before, joined]);
            if (!Array.Exists(before, end => end.Ports.Count > 0))
                after = Gateways.Assign(_ports.Reserve(request.ContainerId, after,
                    [.. before.Select(end => Ensure(host, end.NetworkId)), network],
                    request.Ports, unwinding));
            unwinding.Push(() => SetPolicies(host, before, [joined]));
            _endpoints.Write(request.ContainerId, after);
            unwinding.Push(() => _endpoints.Write(request.ContainerId, before));
            SetPolicies(host, after, []);
            EndpointLinks.Create(host.Route, [after[^1]], [network], inside);
            unwinding.Push(() => EndpointLinks.Delete(host.Route, inside, joined));
            EndpointLinks.ConfigureJoined(inside, after[^1],
                AddressProbe.Of(host, inside, [after[^1]], [network], Report));
            EndpointLinks.Reroute(inside.Rtnetlink, after);
            unwinding.Push(() => EndpointLinks.Reroute(inside.Rtnetlink, before));
            unwinding.Push(() => Move(host, after, before));
            Move(host, before, after);
            var names = new NameDirectory(_roots, joined.NetworkId);
            unwinding.Push(() => names.Remove(joined));
            names.Add(joined);
            joins.Keep();
            return after[^1];
        }
        catch (Exception e)
        {
            throw unwinding.Fail(e);
        }
    }

    /// <summary>
    /// Has a container leave a network; returns what it had there. When that fails, it is attached to it still, though
    /// not with all that it had, and the next try takes away the rest.
    /// </summary>
    /// <param name="containerId">The container.</param>
    /// <param name="network">The network.</param>
    /// <param name="inside">Its network namespace; null when that is gone.</param>
    /// <exception cref="UsageException">It is not attached to it.</exception>
    public Endpoint Disconnect(string containerId, NetworkRecord network, NetNamespace? inside)
    {
        using var host = new HostSockets();
        using FileLock held = _endpoints.Lock(exclusive: true);
        Endpoint[] before = _endpoints.Find(containerId);
        Endpoint left = Array.Find(before, end => end.NetworkId == network.Id) ?? throw UsageException.Forbidden(
            $"container {containerId} is not connected to network {network.Name}");
        Endpoint[] after = Gateways.Assign([.. before.Where(end => end != left)
            .Select((end, index) => index == 0 ? end with { Ports = [.. end.Ports, .. left.Ports] } : end)]);
        Move(host, before, after);
        if (inside is not null) DhcpJoins.Release(inside, left);
        bool isKnown = Leave(host, left with { Ports = Lost(before, after) }, deleteLink: true, inside)
            && (after.Length == 0 || TrySetPolicies(host, after, []));
        if (inside is not null && after.Length > 0) EndpointLinks.Reroute(inside.Rtnetlink, after);
        // What can fail comes before: as long as the record has it, it can be tried again.
        _endpoints.Write(containerId, after);
        if (isKnown) return left;
        try
        {
            _bridge.ReplaceRules(host);
        }
        catch
        {
            _endpoints.Write(containerId, before);
            throw;
        }
        return left;
    }

    /// <summary>Gives a container another name in its networks, at once when it runs.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="names">What it is called everywhere, its name first.</param>
    /// <param name="old">Its name up to now.</param>
    public void Rename(string containerId, IReadOnlyList<string> names, string old)
    {
        using FileLock held = _endpoints.Lock(exclusive: true);
        Endpoint[] before = _endpoints.Find(containerId);
        if (before.Length == 0) return;
        Endpoint[] after = [.. before.Select(end => end.Names.Count == 0 ? end
            : end with { Names = [.. end.Names.Select(name => name == old ? names[0] : name)] })];
        after = Array.ConvertAll(after, end => end with { ContainerName = names[0] });
        _endpoints.Write(containerId, after);
        using (var host = new HostSockets()) SetPolicies(host, after, before);
        foreach (Endpoint end in before) new NameDirectory(_roots, end.NetworkId).Remove(end);
        foreach (Endpoint end in after) new NameDirectory(_roots, end.NetworkId).Add(end);
    }

    // Ports that another endpoint has now. Between the two nobody answers there.
    private void Move(HostSockets host, IReadOnlyList<Endpoint> before, IReadOnlyList<Endpoint> after)
    {
        if (!before.Concat(after).Any(end => end.Ports.Count > 0)) return;
        using FileLock rules = _bridge.LockRules(exclusive: false);
        foreach (Endpoint old in before)
            if (after.FirstOrDefault(end => end.Id == old.Id) is not { } now || !now.Ports.SequenceEqual(old.Ports))
            {
                _rules.Unpublish(host, old);
                StaleFlows.ForgetAfter(host, old);
            }
        foreach (Endpoint now in after)
            if (before.FirstOrDefault(end => end.Id == now.Id) is not { } old || !now.Ports.SequenceEqual(old.Ports))
            {
                _rules.Publish(host, now);
                StaleFlows.ForgetBefore(host, now);
            }
    }

    private static PortMapping[] Lost(IReadOnlyList<Endpoint> before, IReadOnlyList<Endpoint> after) =>
        [.. before.SelectMany(end => end.Ports).Except(after.SelectMany(end => end.Ports))];
}
