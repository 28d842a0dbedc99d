using System.Net;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Dhcp;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>An address that a server has given for a while, and what it told with it.</summary>
internal sealed record DhcpLease
{
    /// <summary>What a lease without an end lasts (RFC 2132 section 9.2).</summary>
    public const uint Forever = uint.MaxValue;

    /// <summary>The address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Bits of its network part.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>The first gateway; null when the server names none.</summary>
    public IPAddress? Router { get; init; }

    /// <summary>Name servers, the best one first.</summary>
    public IPAddress[] DnsServers { get; init; } = [];

    /// <summary>Where names are searched; null when the server says nothing, or no domain.</summary>
    public string? Domain { get; init; }

    /// <summary>The server.</summary>
    public required IPAddress Server { get; init; }

    /// <summary>The Ethernet address by which it is reached.</summary>
    public MacAddress ServerMac { get; init; }

    /// <summary>When it was asked for, by <see cref="System.Environment.TickCount64"/>.</summary>
    public long BeganMs { get; init; }

    /// <summary>How long it lasts from then, or <see cref="Forever"/>.</summary>
    public required uint Seconds { get; init; }

    /// <summary>T1: when its server is asked for more time.</summary>
    public required uint RenewSeconds { get; init; }

    /// <summary>T2: when every server is.</summary>
    public required uint RebindSeconds { get; init; }

    /// <summary>Whether the container's interface is set up by the other one in the same way.</summary>
    public bool IsConfiguredAs(DhcpLease other) => Address.Equals(other.Address)
        && PrefixLength == other.PrefixLength && Equals(Router, other.Router);

    /// <summary>Writes it as a field of a record.</summary>
    public void WriteTo(JsonText w, string name)
    {
        w.WriteStartObject(name);
        Write(w, "address", Address.ToString());
        Write(w, "prefixLength", PrefixLength);
        Write(w, "router", Router?.ToString());
        Write(w, "dnsServers", Array.ConvertAll(DnsServers, server => server.ToString()));
        Write(w, "domain", Domain);
        Write(w, "server", Server.ToString());
        Write(w, "serverMac", ServerMac.ToString());
        Write(w, "beganMs", BeganMs);
        Write(w, "seconds", Seconds);
        Write(w, "renewSeconds", RenewSeconds);
        Write(w, "rebindSeconds", RebindSeconds);
        w.WriteEndObject();
    }

    /// <summary>Reads it again; null when there is none.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public static DhcpLease? Read(JsonElement record, string name)
    {
        if (!record.TryGetProperty(name, out JsonElement e)) return null;
        MacAddress.TryParse(Text(e, "serverMac"), out MacAddress mac);
        return new DhcpLease
        {
            Address = IPAddress.Parse(Text(e, "address")),
            PrefixLength = (int)Number(e, "prefixLength"),
            Router = TextOrNull(e, "router") is { } router ? IPAddress.Parse(router) : null,
            DnsServers = Array.ConvertAll(Texts(e, "dnsServers"), IPAddress.Parse),
            Domain = TextOrNull(e, "domain"),
            Server = IPAddress.Parse(Text(e, "server")),
            ServerMac = mac,
            BeganMs = Number(e, "beganMs"),
            Seconds = (uint)Number(e, "seconds"),
            RenewSeconds = (uint)Number(e, "renewSeconds"),
            RebindSeconds = (uint)Number(e, "rebindSeconds"),
        };
    }
}
