using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The network side of a start: a namespace of the container's own (on a bridge, or with nothing but lo), the host's,
/// or another
/// container's; and the three files of /etc that tell about it.
/// </summary>
internal sealed class ContainerNetwork : IDisposable
{
    private readonly NetworkModule _networks;
    private Endpoint? _endpoint;
    private readonly string? _sharedRunDirectory;

    private ContainerNetwork(NetworkModule networks, NetNamespace? ns, Endpoint? endpoint, string? sharedRunDirectory)
    {
        (_networks, Namespace, _endpoint, _sharedRunDirectory) = (networks, ns, endpoint, sharedRunDirectory);
    }

    /// <summary>The files of /etc that each container has of its own.</summary>
    public static IReadOnlyList<string> EtcFiles { get; } = ["hosts", "hostname", "resolv.conf"];

    /// <summary>What the child enters; null is the host's.</summary>
    public NetNamespace? Namespace { get; }

    /// <summary>Whether the child gets a new namespace by its clone, as its user namespace wants it.</summary>
    public bool ComesWithChild { get; private init; }

    /// <summary>Whether the namespace was made for this container.</summary>
    public bool OwnsNamespace => ComesWithChild || (Namespace is not null && _sharedRunDirectory is null);

    /// <summary>The end on a bridge, or null.</summary>
    public EndpointState? Endpoint => _endpoint is { } end ? Describe(end) : null;

    /// <summary>
    /// Sets up what <paramref name="config"/> asks for; <paramref name="undo"/> learns how to take it back.
    /// </summary>
    public static ContainerNetwork SetUp(StateRoots roots, ContainerStore store, ContainerConfig config, Unwinder undo)
    {
        var networks = new NetworkModule(roots);
        if (config.NetworkMode == "host") return new ContainerNetwork(networks, null, null, null);
        if (config.NetworkMode.StartsWith("container:", StringComparison.Ordinal))
            return Join(networks, store, config.NetworkMode["container:".Length..]);

        if (config.UidMap.Length > 0) return new ContainerNetwork(networks, null, null, null) { ComesWithChild = true };
        var network = new ContainerNetwork(networks, NetNamespace.Create(), null, null);
        try
        {
            if (RootlessMode.IsOn && config.NetworkMode != "none")
                network.AttachRootless(roots, config, store.RunDirectory(config.Id), undo);
            else network.Attach(config, network.Namespace!, undo);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sets up the namespace that <see cref="ComesWithChild"/>, and completes what <see cref="WriteFiles"/> wrote
    /// without knowing the address.
    /// </summary>
    public void AttachChild(
        ContainerConfig config, ContainerStore store, int pid, string runDirectory, Unwinder undo)
    {
        using NetNamespace ns = NetNamespace.Open(pid);
        Attach(config, ns, undo);
        // In place: the file is mounted already.
        using Fd hosts = Files.Open(
            Path.Combine(runDirectory, "hosts"), OpenFlags.O_WRONLY | OpenFlags.O_TRUNC);
        Files.WriteAll(hosts, System.Text.Encoding.UTF8.GetBytes(HostsFileOf(config, store)));
    }

    private void AttachRootless(StateRoots roots, ContainerConfig config, string runDirectory, Unwinder undo)
    {
        if (config.NetworkMode is not ("" or NetworkNames.DefaultNetwork)) throw new UsageException(
            $"network {config.NetworkMode} needs root: rootless containers have bridge (by pasta), host, none and "
            + "container:NAME", 125);
        if (config.IpAddress is not null || config.MacAddress is not null) throw new UsageException(
            "--ip and --mac-address need root: a rootless container has the host's address", 125);
        var networks = new PastaNetworks(roots);
        undo.Push("leaving the network", () => networks.Detach(config.Id, runDirectory));
        _endpoint = networks.Attach(config.Id, runDirectory, Namespace!, PortsOf(config));
    }

    private void Attach(ContainerConfig config, NetNamespace ns, Unwinder undo)
    {
        if (config.NetworkMode == "none")
        {
            BringUpLoopback(ns.Rtnetlink);
            return;
        }
        undo.Push("leaving the network", () => _networks.Detach(config.Id));
        _endpoint = _networks.Attach(config.Id, config.NetworkMode, ns, PortsOf(config), OptionsOf(config));
    }

    /// <summary>Writes hosts, hostname and resolv.conf into the container's volatile directory.</summary>
    public void WriteFiles(ContainerConfig config, ContainerStore store, string runDirectory)
    {
        foreach (string name in EtcFiles)
        {
            string path = Path.Combine(runDirectory, name);
            string content = _sharedRunDirectory is { } other ? Files.ReadAllText(Path.Combine(other, name))
                : name switch
            {
                "hosts" => HostsFileOf(config, store),
                "hostname" => config.Hostname + "\n",
                _ => ResolvConf.Build(ResolvConf.ReadHost(), config.Dns, config.DnsSearch, config.DnsOptions,
                    sharesHost: config.NetworkMode == "host"),
            };
            AtomicFile.Replace(path, System.Text.Encoding.UTF8.GetBytes(content), durable: false);
        }
    }

    /// <summary>Gives back what a container has of networks, whoever set it up.</summary>
    public static void GiveBack(StateRoots roots, ContainerStore store, string id)
    {
        if (RootlessMode.IsOn) new PastaNetworks(roots).Detach(id, store.RunDirectory(id));
        else new NetworkModule(roots).Detach(id);
    }

    /// <inheritdoc/>
    public void Dispose() => Namespace?.Dispose();

    private static ContainerNetwork Join(NetworkModule networks, ContainerStore store, string id)
    {
        if (store.ReadRunState(id) is not { Pid: > 0 } state)
            throw new UsageException($"cannot join network of a non running container: {id}", 125);
        return new ContainerNetwork(networks, NetNamespace.Open(state.Pid), null, store.RunDirectory(id));
    }

    private static void BringUpLoopback(NetlinkSocket inside)
    {
        using var batch = new NetlinkBatch();
        Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
        inside.Execute(batch);
    }

    private static List<PortMapping> PortsOf(ContainerConfig config)
    {
        var ports = new List<PortMapping>();
        foreach (string text in config.Ports) ports.AddRange(PortMapping.Parse(text));
        return ports;
    }

    private static EndpointOptions OptionsOf(ContainerConfig config)
    {
        if (config is { IpAddress: null, MacAddress: null }) return EndpointOptions.None;
        IPAddress? address = null;
        if (config.IpAddress is { } ip && !IPAddress.TryParse(ip, out address))
            throw new UsageException($"invalid IPv4 address: {ip}", 125);
        MacAddress mac = default;
        if (config.MacAddress is { } text && !MacAddress.TryParse(text, out mac))
            throw new UsageException($"invalid MAC address: {text}", 125);
        return new EndpointOptions { Address = address, Mac = config.MacAddress is null ? null : mac };
    }

    private string HostsFileOf(ContainerConfig config, ContainerStore store)
    {
        if (config.NetworkMode == "host")
            return Files.ReadAllText("/etc/hosts");
        string domain = config.Domainname.Length > 0 ? '.' + config.Domainname : "";
        return HostsFile.Build(_endpoint?.Address, config.Hostname + domain,
            [.. config.ExtraHosts, .. LinkedHosts(config, store)], _endpoint?.Gateway);
    }

    // Each under the name that it gets here, its own, and its host name: the order in which docker writes them.
    private static IEnumerable<string> LinkedHosts(ContainerConfig config, ContainerStore store)
    {
        foreach (string link in config.Links)
        {
            (string name, string alias) = Link.Parse(link);
            ContainerConfig other = store.Find(name);
            if (store.ReadRunState(other.Id) is not { Pid: > 0 } state)
                throw new UsageException(
                    $"Cannot link to a non running container: /{other.Name} AS /{config.Name}/{alias}", 125);
            if (state.Endpoint is null)
                throw new UsageException($"Cannot link to /{other.Name}: it is not on the network bridge", 125);
            string[] names = [alias, other.Hostname, other.Name];
            yield return $"{string.Join(' ', names.Distinct())}:{state.Endpoint.IpAddress}";
        }
    }

    private static EndpointState Describe(Endpoint end) => new(
        end.NetworkName, end.Address.ToString(), end.PrefixLength, end.Gateway.ToString(), end.Mac.ToString(),
        [.. end.Ports.Select(p => p.ToString())]);
}
