using System.Net;
using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Dns;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// What a container's resolver knows of its networks: what the state files say at the moment of the question, whatever
/// process changes them. What it has read it keeps as long as the files are the same.
/// </summary>
internal sealed class ContainerResolver(StateRoots roots, string containerId) : INameTable
{
    private const int KeptCount = 16;

    private readonly NetworkModule _networks = new(roots);
    private readonly FoundName?[] _kept = new FoundName?[KeptCount];
    private Endpoint[] _endpoints = [];
    private FileStamp? _stamp;
    private int _next;

    /// <inheritdoc/>
    public bool ReachesOutside => Read(() => Array.Exists(Endpoints(),
        end => end.Gateway is not null || end.Ipv6Gateway is not null), false);

    /// <summary>Starts a container's resolver in its namespace, in the monitor's loop.</summary>
    public static IDisposable Start(EventLoop loop, StateRoots roots, ContainerConfig config, NetNamespace inside)
    {
        IPAddress[] asked = Array.ConvertAll(config.Dns, IPAddress.Parse);
        // Those of the network that has the way out, which the host need not reach.
        IPAddress[] leased = asked.Length > 0 ? [] : Array.Find(new NetworkModule(roots).EndpointsOf(config.Id),
            end => end.IsGateway)?.Lease?.DnsServers ?? [];
        return DnsServer.Start(loop, inside.Fd, new DnsOptions
        {
            Servers = [.. asked, .. leased],
            AskFromInside = leased.Length > 0,
            KeepSingleLabels = config.DnsOptions.Any(option => option.StartsWith("ndots:", StringComparison.Ordinal)
                && option != "ndots:0"),
        }, new ContainerResolver(roots, config.Id));
    }

    /// <inheritdoc/>
    public bool TryFind(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> v4, out ReadOnlySpan<byte> v6)
    {
        v4 = v6 = default;
        try
        {
            Endpoint[] endpoints = Endpoints();
            FoundName found = Kept(name) ?? Find(name, endpoints);
            v4 = found.V4;
            v6 = found.V6;
            return v4.Length + v6.Length > 0;
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            // A name that nobody can look up now is not sent to others.
            return true;
        }
    }

    /// <inheritdoc/>
    public bool TryFindName(scoped ReadOnlySpan<byte> address, out ReadOnlySpan<byte> name)
    {
        var wanted = new IPAddress(address);
        name = Read(() => NameOf(wanted), null) is { } found ? Encoding.ASCII.GetBytes(found) : default;
        return !name.IsEmpty;
    }

    /// <inheritdoc/>
    public bool WantsAnswers => _networks.HasNameRules(containerId);

    /// <inheritdoc/>
    public void OnAnswer(string name, scoped ReadOnlySpan<byte> v4, scoped ReadOnlySpan<byte> v6, uint ttl)
    {
        var addresses = new List<IPAddress>();
        for (int i = 0; i < v4.Length; i += 4) addresses.Add(new IPAddress(v4[i..(i + 4)]));
        for (int i = 0; i < v6.Length; i += 16) addresses.Add(new IPAddress(v6[i..(i + 16)]));
        // The client has its answer in any case.
        Read(() =>
        {
            _networks.AllowAnswer(containerId, name, addresses, TimeSpan.FromSeconds(ttl));
            return true;
        }, false);
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    private string? NameOf(IPAddress address)
    {
        foreach (Endpoint end in Own())
            if (_networks.FindMember(end.NetworkId, address) is { Names: [{ } first, ..] })
                return $"{first}.{end.NetworkName}";
        return null;
    }

    // The default bridge has no names.
    private IEnumerable<Endpoint> Own() => Endpoints().Where(end => end.Names.Count > 0);

    private Endpoint[] Endpoints()
    {
        if (_stamp is not null && _stamp.IsCurrent()) return _endpoints;
        Forget();
        FileStamp stamp = _networks.StampEndpointsOf(containerId);
        _endpoints = _networks.EndpointsOf(containerId);
        if (stamp.IsSettled) _stamp = stamp;
        else stamp.Dispose();
        return _endpoints;
    }

    // All that it keeps of the files.
    private void Forget()
    {
        _stamp?.Dispose();
        _stamp = null;
        foreach (FoundName? old in _kept) old?.Dispose();
        Array.Clear(_kept);
    }

    private FoundName? Kept(scoped ReadOnlySpan<byte> name)
    {
        foreach (FoundName? found in _kept)
            if (found is not null && found.IsOf(name) && found.IsCurrent()) return found;
        return null;
    }

    private FoundName Find(scoped ReadOnlySpan<byte> name, Endpoint[] endpoints)
    {
        string text = Encoding.ASCII.GetString(name);
        var found = new FoundName(name.ToArray());
        foreach (Endpoint end in endpoints)
        {
            if (end.Names.Count == 0) continue;
            Find(found, end, text);
            string network = "." + end.NetworkName.ToLowerInvariant();
            if (text.EndsWith(network, StringComparison.Ordinal)) Find(found, end, text[..^network.Length]);
        }
        if (!found.IsSettled)
        {
            found.Dispose();
            return found;
        }
        _kept[_next]?.Dispose();
        _kept[_next] = found;
        _next = (_next + 1) % KeptCount;
        return found;
    }

    private void Find(FoundName found, Endpoint end, string name)
    {
        found.Add(_networks.StampName(end.NetworkId, name));
        foreach (IPAddress address in _networks.FindName(end.NetworkId, name)) found.Add(address);
    }

    // Records that cannot be read must not end the monitor.
    private static T Read<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            return otherwise;
        }
    }

    private static bool IsUnreadable(Exception e) => e is UsageException or LinuxException;
}
