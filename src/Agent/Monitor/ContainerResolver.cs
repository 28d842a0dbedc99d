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
/// What a container's resolver knows of its networks: looked up in the state files at every question, so that whatever
/// process changes them is heard at once.
/// </summary>
internal sealed class ContainerResolver(StateRoots roots, string containerId) : INameTable
{
    private readonly NetworkModule _networks = new(roots);
    private readonly List<byte> _v4 = [], _v6 = [];

    /// <inheritdoc/>
    public bool ReachesOutside => Read(() => Array.Exists(_networks.EndpointsOf(containerId),
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
        _v4.Clear();
        _v6.Clear();
        string text = Encoding.ASCII.GetString(name);
        // A name that nobody can look up now is not sent to others.
        bool isRead = Read(() => Take(text), false);
        v4 = _v4.ToArray();
        v6 = _v6.ToArray();
        return !isRead || _v4.Count + _v6.Count > 0;
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

    private string? NameOf(IPAddress address)
    {
        foreach (Endpoint end in Own())
            if (_networks.FindMember(end.NetworkId, address) is { Names: [{ } first, ..] })
                return $"{first}.{end.NetworkName}";
        return null;
    }

    // The default bridge has no names.
    private IEnumerable<Endpoint> Own() => _networks.EndpointsOf(containerId).Where(end => end.Names.Count > 0);

    // Records that cannot be read must not end the monitor.
    private static T Read<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            return otherwise;
        }
    }

    private bool Take(string name)
    {
        foreach (Endpoint end in Own())
        {
            string network = "." + end.NetworkName.ToLowerInvariant();
            Take(end, name);
            if (name.EndsWith(network, StringComparison.Ordinal)) Take(end, name[..^network.Length]);
        }
        return true;
    }

    private void Take(Endpoint end, string name)
    {
        foreach (IPAddress address in _networks.FindName(end.NetworkId, name))
        {
            byte[] bytes = address.GetAddressBytes();
            (bytes.Length == 4 ? _v4 : _v6).AddRange(bytes);
        }
    }
}
