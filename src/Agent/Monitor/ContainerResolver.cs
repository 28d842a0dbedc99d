using System.Net;
using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Dns;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
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
    public bool ReachesOutside => Array.Exists(_networks.EndpointsOf(containerId),
        end => end.Gateway is not null || end.Ipv6Gateway is not null);

    /// <summary>Starts a container's resolver in its namespace, in the monitor's loop.</summary>
    public static IDisposable Start(EventLoop loop, StateRoots roots, ContainerConfig config, NetNamespace inside) =>
        DnsServer.Start(loop, inside.Fd, new DnsOptions
        {
            Servers = Array.ConvertAll(config.Dns, IPAddress.Parse),
            KeepSingleLabels = config.DnsOptions.Any(option => option.StartsWith("ndots:", StringComparison.Ordinal)
                && option != "ndots:0"),
        }, new ContainerResolver(roots, config.Id));

    /// <inheritdoc/>
    public bool TryFind(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> v4, out ReadOnlySpan<byte> v6)
    {
        _v4.Clear();
        _v6.Clear();
        string text = Encoding.ASCII.GetString(name);
        foreach (Endpoint end in Own())
        {
            string network = "." + end.NetworkName.ToLowerInvariant();
            Take(end, text);
            if (text.EndsWith(network, StringComparison.Ordinal)) Take(end, text[..^network.Length]);
        }
        v4 = _v4.ToArray();
        v6 = _v6.ToArray();
        return _v4.Count + _v6.Count > 0;
    }

    /// <inheritdoc/>
    public bool TryFindName(scoped ReadOnlySpan<byte> address, out ReadOnlySpan<byte> name)
    {
        name = default;
        var wanted = new IPAddress(address);
        foreach (Endpoint end in Own())
            if (_networks.FindMember(end.NetworkId, wanted) is { Names: [{ } first, ..] })
                name = Encoding.ASCII.GetBytes($"{first}.{end.NetworkName}");
        return !name.IsEmpty;
    }

    // The default bridge has no names.
    private IEnumerable<Endpoint> Own() => _networks.EndpointsOf(containerId).Where(end => end.Names.Count > 0);

    private void Take(Endpoint end, string name)
    {
        foreach (IPAddress address in _networks.FindName(end.NetworkId, name))
        {
            byte[] bytes = address.GetAddressBytes();
            (bytes.Length == 4 ? _v4 : _v6).AddRange(bytes);
        }
    }
}
