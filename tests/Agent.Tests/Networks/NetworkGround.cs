using System.Net;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop.Netlink;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

/// <summary>
/// A host of its own (a network namespace), an outside machine 198.51.100.2 wired to its eth0 198.51.100.1, and roots
/// in a temporary directory. All of it goes with disposal.
/// </summary>
internal sealed class NetworkGround : IDisposable
{
    // A run root is on tmpfs, as /run is; the temporary directory need not be.
    private readonly DirectoryInfo _directory =
        Directory.CreateDirectory($"/dev/shm/skiff-net-{Guid.NewGuid():N}");

    private readonly List<NetworkRoom> _rooms = [];

    public NetworkGround()
    {
        Roots = new StateRoots(_directory.FullName + "/root", _directory.FullName + "/run");
        Module = new NetworkModule(Roots);
        Host = NewRoom();
        Outside = NewRoom();
        Wire();
    }

    public const string HostAddress = "198.51.100.1";

    public StateRoots Roots { get; }

    public NetworkModule Module { get; }

    public NetworkRoom Host { get; }

    public NetworkRoom Outside { get; }

    public NetworkRoom NewRoom()
    {
        var room = new NetworkRoom();
        _rooms.Add(room);
        return room;
    }

    public (NetworkRoom Room, Endpoint Endpoint) Attach(string id, params string[] ports)
    {
        NetworkRoom room = NewRoom();
        return (room, Attach(room, id, ports));
    }

    public Endpoint Attach(NetworkRoom room, string id, params string[] ports)
    {
        return Attach(room, id, [new EndpointSettings("bridge")], ports)[0];
    }

    public IReadOnlyList<Endpoint> Attach(
        NetworkRoom room, string id, EndpointSettings[] settings, params string[] ports) =>
        Host.Do(() => Module.Attach(Request(id, settings, ports), room.Namespace));

    /// <summary>What a container asks for that is called as its id is.</summary>
    public static AttachRequest Request(string id, EndpointSettings[] settings, params string[] ports) =>
        new(id, settings) { Ports = [.. ports.SelectMany(PortMapping.Parse)], Names = [id] };

    /// <summary>The elements of a set or map as <c>nft</c> writes them, sorted.</summary>
    public string[] Elements(string set)
    {
        string table = new NetworkNames(Roots).Table;
        string kind = set.TrimEnd('6').EndsWith("ports") ? "map" : "set";
        JsonElement listing = Host.Do(() => FreshNetwork.Json("nft", "-j", "list", kind, "inet", table, set));
        JsonElement found = listing.GetProperty("nftables").EnumerateArray()
            .Select(item => item.EnumerateObject().Single())
            .Single(item => item.Name is "set" or "map").Value;
        return !found.TryGetProperty("elem", out JsonElement elements)
            ? []
            : [.. elements.EnumerateArray().Select(Text).Order(StringComparer.Ordinal)];
    }

    /// <summary>What the run root remembers of containers, sorted: records, leases, ports.</summary>
    public string[] State() =>
    [
        .. new DirectoryInfo(Roots.RunRoot + "/networks").EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Where(f => f is FileInfo && f.Name != "cursor" && !f.Name.EndsWith("lock", StringComparison.Ordinal))
            .Select(f => f.LinkTarget is { } target ? $"{f.Name} -> {target}" : f.Name).Order(StringComparer.Ordinal),
    ];

    private static string Text(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => string.Join(" : ", element.EnumerateArray().Select(Text)),
        JsonValueKind.Object when element.TryGetProperty("concat", out JsonElement parts) =>
            string.Join(" . ", parts.EnumerateArray().Select(Text)),
        JsonValueKind.Object when element.TryGetProperty("prefix", out JsonElement prefix) =>
            $"{prefix.GetProperty("addr").GetString()}/{prefix.GetProperty("len").GetInt32()}",
        _ => element.ToString(),
    };

    public void Dispose()
    {
        foreach (NetworkRoom room in _rooms) room.Dispose();
        _directory.Delete(recursive: true);
    }

    private void Wire()
    {
        using var batch = new NetlinkBatch();
        Links.AddVeth(batch, new VethPair { Name = "eth0", PeerName = "eth0", PeerNamespace = Outside.Namespace.Fd });
        Links.Set(batch, "eth0", new LinkChange { Up = true });
        Links.Set(batch, 1, new LinkChange { Up = true });
        Host.Route.Execute(batch);
        batch.Clear();
        Addresses.Add(batch, Links.Find(Host.Route, "eth0")!.Value.Index, IPAddress.Parse(HostAddress), 24);
        Host.Route.Execute(batch);
        batch.Clear();
        int index = Links.Find(Outside.Route, "eth0")!.Value.Index;
        Links.Set(batch, 1, new LinkChange { Up = true });
        Links.Set(batch, index, new LinkChange { Up = true });
        Addresses.Add(batch, index, IPAddress.Parse("198.51.100.2"), 24);
        Outside.Route.Execute(batch);
    }
}
