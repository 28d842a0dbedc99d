using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Skiff.Agent.Networks;

/// <summary>A network as it is remembered in ROOT/networks/ID.json.</summary>
internal sealed record NetworkRecord
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The name, unique.</summary>
    public required string Name { get; init; }

    /// <summary><c>bridge</c>, <c>host</c> or <c>null</c>, as <c>docker network ls</c> calls them.</summary>
    public required string Driver { get; init; }

    /// <summary>Always <c>local</c>: this host only.</summary>
    public string Scope { get; init; } = "local";

    /// <summary>When it was created, UTC.</summary>
    public DateTime Created { get; init; }

    /// <summary>The network's addresses; only with driver <c>bridge</c>.</summary>
    public IPNetwork Subnet { get; init; }

    /// <summary>The bridge's own address; null unless the driver is <c>bridge</c>.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The subnet was the engine's choice, so it may choose again while no container uses it.</summary>
    public bool IsSubnetChosen { get; init; }

    /// <summary>Writes the state file's content.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, Id);
            json.WriteString("name"u8, Name);
            json.WriteString("driver"u8, Driver);
            json.WriteString("scope"u8, Scope);
            json.WriteString("created"u8, Created.ToString("O", CultureInfo.InvariantCulture));
            if (Gateway is not null)
            {
                json.WriteString("subnet"u8, Subnet.ToString());
                json.WriteString("gateway"u8, Gateway.ToString());
                json.WriteBoolean("isSubnetChosen"u8, IsSubnetChosen);
            }
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>
    /// Reads a state file; <see cref="JsonException"/> or <see cref="FormatException"/> when it is damaged.
    /// </summary>
    public static NetworkRecord FromJson(ReadOnlySpan<byte> content)
    {
        var record = new NetworkRecord { Id = "", Name = "", Driver = "" };
        var json = new Utf8JsonReader(content);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            record = With(record, name, ref json);
        }
        return record.Id.Length > 0 ? record : throw new JsonException("a network record without id");
    }

    private static NetworkRecord With(NetworkRecord record, string name, ref Utf8JsonReader json)
    {
        switch (name)
        {
            case "id": return record with { Id = json.GetString()! };
            case "name": return record with { Name = json.GetString()! };
            case "driver": return record with { Driver = json.GetString()! };
            case "scope": return record with { Scope = json.GetString()! };
            case "created": return record with { Created = json.GetDateTime().ToUniversalTime() };
            case "subnet": return record with { Subnet = IPNetwork.Parse(json.GetString()!) };
            case "gateway": return record with { Gateway = IPAddress.Parse(json.GetString()!) };
            case "isSubnetChosen": return record with { IsSubnetChosen = json.GetBoolean() };
            default:
                json.Skip();
                return record;
        }
    }
}
