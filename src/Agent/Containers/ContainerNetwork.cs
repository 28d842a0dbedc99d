using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The network side of a start: a namespace of the container's own (on bridges, or with nothing but lo), the host's, or
/// another container's; and the three files of /etc that tell about it.
/// </summary>
internal sealed class ContainerNetwork : IDisposable
{
    private readonly NetworkModule _networks;
    private IReadOnlyList<Endpoint> _endpoints = [];
    private readonly string? _sharedRunDirectory;

    private ContainerNetwork(NetworkModule networks, NetNamespace? ns, string? sharedRunDirectory) =>
        (_networks, Namespace, _sharedRunDirectory) = (networks, ns, sharedRunDirectory);

    /// <summary>The files of /etc that each container has of its own.</summary>
    public static IReadOnlyList<string> EtcFiles { get; } = ["hosts", "hostname", "resolv.conf"];

    /// <summary>What the child enters; null is the host's.</summary>
    public NetNamespace? Namespace { get; }

    /// <summary>Whether the child gets a new namespace by its clone, as its user namespace wants it.</summary>
    public bool ComesWithChild { get; private init; }

    /// <summary>
    /// Whether setting it up is worth a thread. Without root nothing goes on beside it: while a child's memory is
    /// hidden from others, a user who is not root cannot look at this process either.
    /// </summary>
    public static bool TakesTime(ContainerConfig config) => System.Environment.ProcessorCount > 1
        && config.NetworkMode != "host"
        && !config.NetworkMode.StartsWith("container:", StringComparison.Ordinal) && config.UidMap.Length == 0
        && !RootlessMode.IsOn;

    /// <summary>Whether the namespace was made for this container.</summary>
    public bool OwnsNamespace => ComesWithChild || (Namespace is not null && _sharedRunDirectory is null);

    /// <summary>Opens, or makes, the namespace that a container asks for: a new one has nothing in it yet.</summary>
    /// <param name="roots">Where networks are remembered.</param>
    /// <param name="store">Has the other containers.</param>
    /// <param name="config">The container.</param>
    public static ContainerNetwork Open(StateRoots roots, ContainerStore store, ContainerConfig config)
    {
        var networks = new NetworkModule(roots) { Report = report => store.Events.Write(NetworkEvents.Of(report)) };
        if (config.NetworkMode == "host") return new ContainerNetwork(networks, null, null);
        if (config.NetworkMode.StartsWith("container:", StringComparison.Ordinal))
            return Join(networks, store, config.NetworkMode["container:".Length..]);
        return config.UidMap.Length > 0 ? new ContainerNetwork(networks, null, null) { ComesWithChild = true }
            : new ContainerNetwork(networks, NetNamespace.Create(), null);
    }

    /// <summary>Has a namespace of its own join the container's networks.</summary>
    /// <param name="roots">Where networks are remembered.</param>
    /// <param name="store">Has the container's volatile directory.</param>
    /// <param name="config">The container.</param>
    /// <param name="undo">Learns how to take it back.</param>
    public void SetUp(StateRoots roots, ContainerStore store, ContainerConfig config, Unwinder undo)
    {
        if (!OwnsNamespace || Namespace is not { } ns) return;
        if (RootlessMode.IsOn && config.NetworkMode != "none")
            AttachRootless(roots, config, store.RunDirectory(config.Id), undo);
        else Attach(config, ns, undo);
    }

    /// <summary>
    /// Sets up the namespace that <see cref="ComesWithChild"/>, and completes what <see cref="WriteFiles"/> wrote
    /// without knowing the address.
    /// </summary>
    public void AttachChild(
        ContainerConfig config, ContainerStore store, int pid, string runDirectory, Unwinder undo,
        Func<ContainerConfig, NetNamespace, IDisposable?> serve)
    {
        using NetNamespace ns = NetNamespace.Open(pid);
        Attach(config, ns, undo);
        Serve(config, ns, undo, serve);
        CompleteFiles(config, store, runDirectory);
    }

    /// <summary>
    /// Starts what the networks need of the container's monitor, in the namespace that was made for it: before its
    /// program runs, which may ask at once.
    /// </summary>
    public void Serve(
        ContainerConfig config, Unwinder undo, Func<ContainerConfig, NetNamespace, IDisposable?> serve)
    {
        if (OwnsNamespace && Namespace is { } ns) Serve(config, ns, undo, serve);
    }

    private static void Serve(
        ContainerConfig config, NetNamespace ns, Unwinder undo,
        Func<ContainerConfig, NetNamespace, IDisposable?> serve)
    {
        if (IsServed(config) && serve(config, ns) is { } served) undo.Push(EndOfServing, served.Dispose);
    }

    private void AttachRootless(StateRoots roots, ContainerConfig config, string runDirectory, Unwinder undo)
    {
        if (config.NetworkMode is not ("" or NetworkNames.DefaultNetwork)) throw new UsageException(
            $"network {config.NetworkMode} needs root: rootless containers have bridge (by pasta), host, none and "
            + "container:NAME", 125);
        if (!Array.TrueForAll(config.Attachments, settings => settings.IsPlain)) throw new UsageException(
            "--ip and --mac-address need root: a rootless container has the host's address", 125);
        var networks = new PastaNetworks(roots);
        undo.Push("leaving the network", () => networks.Detach(config.Id, runDirectory));
        _endpoints = [networks.Attach(config.Id, runDirectory, Namespace!, PortsOf(config))];
    }

    private void Attach(ContainerConfig config, NetNamespace ns, Unwinder undo)
    {
        if (config.Attachments.Length == 0)
        {
            BringUpLoopback(ns.Rtnetlink);
            return;
        }
        undo.Push("leaving the networks", () => _networks.Detach(config.Id));
        _endpoints = _networks.Attach(RequestOf(config, config.Attachments), ns);
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
                _ => ResolvConfOf(config, SearchOf(config)),
            };
            AtomicFile.Replace(path, System.Text.Encoding.UTF8.GetBytes(content), durable: false);
        }
    }

    /// <summary>Writes them while nothing is known of the network yet: <see cref="CompleteFiles"/> follows.</summary>
    public static void BeginFiles(
        StateRoots roots, ContainerConfig config, ContainerStore store, string runDirectory) =>
        new ContainerNetwork(new NetworkModule(roots), null, null).WriteFiles(config, store, runDirectory);

    /// <summary>Adds what the network has come to.</summary>
    public void CompleteFiles(ContainerConfig config, ContainerStore store, string runDirectory)
    {
        EditHosts(runDirectory, _ => HostsFileOf(config, store));
        string[] search = SearchOf(config);
        if (search != config.DnsSearch) EditFile(runDirectory, "resolv.conf", _ => ResolvConfOf(config, search));
    }

    /// <summary>Adds the addresses of a network that a running container has joined to its hosts file.</summary>
    public static void AddHost(ContainerConfig config, string runDirectory, Endpoint joined) => EditHosts(
        runDirectory, text => text + HostsFile.LinesOf([.. joined.Addresses], FullHostname(config)));

    /// <summary>
    /// Has a running container ask the engine for names, since it has joined its first network that has any. What it
    /// has written there itself stays.
    /// </summary>
    /// <param name="before">Its configuration before that.</param>
    /// <param name="now">Its configuration.</param>
    /// <param name="runDirectory">Its volatile directory.</param>
    public static void UseResolver(ContainerConfig before, ContainerConfig now, string runDirectory) => EditFile(
        runDirectory, "resolv.conf", text => text == ResolvConfOf(before, before.DnsSearch)
            ? ResolvConfOf(now, now.DnsSearch) : text);

    /// <summary>Takes them out again.</summary>
    public static void RemoveHost(string runDirectory, Endpoint left) => EditHosts(runDirectory, text =>
        string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !left.Addresses.Any(address => line.StartsWith($"{address}\t", StringComparison.Ordinal)))
            .Select(line => line + "\n")));

    // In place: the file is mounted. Whatever else the container has written there stays.
    private static void EditHosts(string runDirectory, Func<string, string> edit) =>
        EditFile(runDirectory, "hosts", edit);

    private static void EditFile(string runDirectory, string name, Func<string, string> edit)
    {
        string path = Path.Combine(runDirectory, name);
        byte[] content = System.Text.Encoding.UTF8.GetBytes(edit(Files.ReadAllText(path)));
        using Fd file = Files.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_TRUNC);
        Files.WriteAll(file, content);
    }

    private static string ResolvConfOf(ContainerConfig config, string[] search) => ResolvConf.Build(
        ResolvConf.ReadHost(), config.Dns, search, config.DnsOptions, sharesHost: config.NetworkMode == "host",
        resolver: HasResolver(config));

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
        return new ContainerNetwork(networks, NetNamespace.Open(state.Pid), store.RunDirectory(id));
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

    /// <summary>Whether the engine answers its names, which it does on the networks of users.</summary>
    public static bool HasResolver(ContainerConfig config) => !RootlessMode.IsOn && Array.Exists(config.Attachments,
        settings => settings.Network != NetworkNames.DefaultNetwork);

    /// <summary>What is said of an error when a monitor gives up what <see cref="IsServed"/> is about.</summary>
    public const string EndOfServing = "ending what its networks need";

    /// <summary>Whether its networks may need something of its monitor.</summary>
    public static bool IsServed(ContainerConfig config) =>
        HasResolver(config) || !RootlessMode.IsOn && config.Ports.Length > 0 && config.Attachments.Length > 0;

    /// <summary>What the network module is asked for.</summary>
    public static AttachRequest RequestOf(ContainerConfig config, EndpointSettings[] endpoints) =>
        new(config.Id, endpoints) { Ports = PortsOf(config), Names = NamesOf(config), Labels = config.Labels };

    /// <summary>What a container is called in the networks of users, its name first.</summary>
    public static string[] NamesOf(ContainerConfig config) =>
        [.. new[] { config.Name, config.Id[..12], config.Hostname }.Where(name => name.Length > 0).Distinct()];

    private string HostsFileOf(ContainerConfig config, ContainerStore store)
    {
        if (config.NetworkMode == "host")
            return Files.ReadAllText("/etc/hosts");
        return HostsFile.Build([.. _endpoints.SelectMany(end => end.Addresses)], FullHostname(config),
            [.. config.ExtraHosts, .. LinkedHosts(config, store)],
            _endpoints.FirstOrDefault(end => end.IsGateway)?.NextHop(ipv6: false));
    }

    // A DHCP server may say where names are searched; what it says is its own, and so looked at.
    private string[] SearchOf(ContainerConfig config) => config.DnsSearch.Length > 0
        || _endpoints.FirstOrDefault(end => end.IsGateway)?.Lease?.Domain is not { } domain
        || !AddressText.IsDomain(domain) ? config.DnsSearch : [domain];

    private static string FullHostname(ContainerConfig config) =>
        config.Domainname.Length > 0 ? $"{config.Hostname}.{config.Domainname}" : config.Hostname;

    // Each under the name that it gets here, its own, and its host name: the order in which docker writes them.
    private IEnumerable<string> LinkedHosts(ContainerConfig config, ContainerStore store)
    {
        foreach (string link in config.Links)
        {
            (string name, string alias) = Link.Parse(link);
            ContainerConfig other = store.Find(name);
            if (store.ReadRunState(other.Id) is not { Pid: > 0 })
                throw new UsageException(
                    $"Cannot link to a non running container: /{other.Name} AS /{config.Name}/{alias}", 125);
            if (_networks.EndpointsOf(other.Id) is not [{ Address: { } address }, ..])
                throw new UsageException($"Cannot link to /{other.Name}: it is not on the network bridge", 125);
            string[] names = [alias, other.Hostname, other.Name];
            yield return $"{string.Join(' ', names.Distinct())}:{address}";
        }
    }
}
