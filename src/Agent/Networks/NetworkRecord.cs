using System.Net;
using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>A network as it is remembered in ROOT/networks/ID.json.</summary>
internal sealed record NetworkRecord
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The name, unique.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <c>bridge</c>, <c>macvlan</c>, <c>ipvlan</c>, <c>host</c> or <c>null</c>, as <c>docker network ls</c> has it.
    /// </summary>
    public required string Driver { get; init; }

    /// <summary>Always <c>local</c>: this host only.</summary>
    public string Scope { get; init; } = "local";

    /// <summary>When it was created, UTC.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Its subnets, IPv4 before IPv6; none with <c>host</c> and <c>null</c>.</summary>
    public AddressPool[] Pools { get; init; } = [];

    /// <summary>Its IPv4 subnet was the engine's choice, so it may choose again while no container uses it.</summary>
    public bool IsSubnetChosen { get; init; }

    /// <summary>No way out of it, nor in.</summary>
    public bool IsInternal { get; init; }

    /// <summary>A server on the parent's network gives the addresses (<c>--ipam-driver dhcp</c>).</summary>
    public bool UsesDhcp { get; init; }

    /// <summary>Its interface, bridge or parent, was there before it, and stays after it.</summary>
    public bool IsBridgeForeign { get; init; }

    /// <summary>Of swarms; kept for those who ask.</summary>
    public bool IsAttachable { get; init; }

    /// <summary>
    /// What its driver is told (<c>--opt</c>), as <see cref="BridgeOptions"/> or <see cref="LinkOptions"/> reads it.
    /// </summary>
    public Dictionary<string, string> Options { get; init; } = [];

    /// <summary>Of the user's.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];

    /// <summary>The pools of one family.</summary>
    public IEnumerable<AddressPool> PoolsOf(bool ipv6) => Pools.Where(pool => pool.IsIpv6 == ipv6);

    /// <summary>Whether its containers have subnets of that family.</summary>
    public bool Has(bool ipv6) => PoolsOf(ipv6).Any();

    /// <summary>Whether its containers have IPv4 addresses.</summary>
    public bool HasIpv4 => UsesDhcp || Driver is "host" or "null" || Has(ipv6: false);

    /// <summary>One of those that are always there.</summary>
    public bool IsPredefined => NetworkNames.IsPredefined(Name);

    /// <summary>Writes the state file's content.</summary>
    public ReadOnlyMemory<byte> ToJson() => ToBytes(w =>
    {
        Write(w, "id", Id);
        Write(w, "name", Name);
        Write(w, "driver", Driver);
        Write(w, "scope", Scope);
        Write(w, "created", Created);
        Write(w, "isSubnetChosen", IsSubnetChosen);
        Write(w, "isInternal", IsInternal);
        Write(w, "usesDhcp", UsesDhcp);
        Write(w, "isBridgeForeign", IsBridgeForeign);
        Write(w, "isAttachable", IsAttachable);
        Write(w, "options", Options);
        Write(w, "labels", Labels);
        w.WriteStartArray("pools");
        foreach (AddressPool pool in Pools)
        {
            w.WriteStartObject();
            Write(w, "subnet", pool.Subnet.ToString());
            Write(w, "range", pool.Range?.ToString());
            Write(w, "gateway", pool.Gateway?.ToString());
            Write(w, "auxiliary", pool.Auxiliary.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));
            w.WriteEndObject();
        }
        w.WriteEndArray();
    });

    /// <summary>
    /// Reads a state file; <see cref="JsonException"/> or <see cref="FormatException"/> when it is damaged.
    /// </summary>
    public static NetworkRecord FromJson(ReadOnlySpan<byte> content)
    {
        JsonElement e = JsonFields.Parse(content);
        if (Text(e, "id").Length == 0) throw new JsonException("a network record without id");
        return new NetworkRecord
        {
            Id = Text(e, "id"),
            Name = Text(e, "name"),
            Driver = Text(e, "driver"),
            Scope = Text(e, "scope"),
            Created = Time(e, "created"),
            IsSubnetChosen = Flag(e, "isSubnetChosen"),
            IsInternal = Flag(e, "isInternal"),
            UsesDhcp = Flag(e, "usesDhcp"),
            IsBridgeForeign = Flag(e, "isBridgeForeign"),
            IsAttachable = Flag(e, "isAttachable"),
            Options = Pairs(e, "options"),
            Labels = Pairs(e, "labels"),
            Pools = e.TryGetProperty("pools", out _) ? List(e, "pools", ReadPool) : ReadOldPool(e),
        };
    }

    private static AddressPool ReadPool(JsonElement e) => new(IPNetwork.Parse(Text(e, "subnet")))
    {
        Range = TextOrNull(e, "range") is { } range ? IPNetwork.Parse(range) : null,
        Gateway = TextOrNull(e, "gateway") is { } gateway ? IPAddress.Parse(gateway) : null,
        Auxiliary = Pairs(e, "auxiliary").ToDictionary(pair => pair.Key, pair => IPAddress.Parse(pair.Value)),
    };

    // Before networks of users there was one subnet.
    private static AddressPool[] ReadOldPool(JsonElement e) => TextOrNull(e, "subnet") is null ? [] : [ReadPool(e)];
}
