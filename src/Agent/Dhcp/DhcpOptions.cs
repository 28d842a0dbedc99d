using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Skiff.Agent.Dhcp;

/// <summary>The options of one answer. Of one that is there twice, the first counts.</summary>
internal sealed class DhcpOptions
{
    private const int FileAt = 108, FileBytes = 128, NameAt = 44, NameBytes = 64; // RFC 2131 section 2.
    private const int MaxServers = 3, MaxText = 100;

    private readonly byte[]?[] _values = new byte[256][];

    /// <summary>Takes them from a message; false when one is longer than what is left, or there is no end.</summary>
    /// <param name="message">From <c>op</c> on.</param>
    /// <param name="at">Where they begin.</param>
    public bool TryRead(ReadOnlySpan<byte> message, int at)
    {
        if (!TryTake(message[at..])) return false;
        if (Value(DhcpOption.Overload) is not [var overload]) return Value(DhcpOption.Overload) is null;
        return overload is >= 1 and <= 3
            && ((overload & 1) == 0 || TryTake(message.Slice(FileAt, FileBytes)))
            && ((overload & 2) == 0 || TryTake(message.Slice(NameAt, NameBytes)));
    }

    /// <summary>What they say; null when that is not complete, or cannot be.</summary>
    /// <param name="address">What the answer gives (<c>yiaddr</c>).</param>
    /// <param name="problem">Why it is null.</param>
    public DhcpReply? ToReply(IPAddress address, out string? problem)
    {
        problem = null;
        var type = Value(DhcpOption.MessageType) is [var number] ? (DhcpMessageType)number : DhcpMessageType.None;
        if (type is not (DhcpMessageType.Offer or DhcpMessageType.Ack or DhcpMessageType.Nak))
            return Refuse(out problem, $"its message type ({(int)type}) is none of a server's");
        if (AddressOf(DhcpOption.ServerIdentifier) is not { } server || !IsHost(server))
            return Refuse(out problem, "it does not name its server (option 54)");
        if (type == DhcpMessageType.Nak)
            return new DhcpReply { Type = type, Server = server, Message = Text(DhcpOption.Message) };
        return LeaseOf(address, server, out problem) is { } lease
            ? new DhcpReply { Type = type, Server = server, Lease = lease } : null;
    }

    private DhcpLease? LeaseOf(IPAddress address, IPAddress server, out string? problem)
    {
        problem = null;
        if (!IsHost(address)) return RefuseLease(out problem, $"its address {address} is not for a host");
        if (PrefixLength() is not { } prefix)
            return RefuseLease(out problem, "it has no subnet mask (option 1), or none that is one");
        if (Seconds(DhcpOption.LeaseTime) is not { } seconds || seconds == 0)
            return RefuseLease(out problem, "it does not say for how long (option 51)");
        IPAddress? router = null;
        if (Value(DhcpOption.Router) is { } routers)
        {
            if (routers.Length == 0 || routers.Length % 4 != 0)
                return RefuseLease(out problem, "its gateway (option 3) is no address");
            router = new IPAddress(routers.AsSpan(0, 4));
            if (router.Equals(address) || !Contains(address, prefix, router)) return RefuseLease(out problem,
                $"its gateway {router} is not reached from {address}/{prefix}");
        }
        (uint renew, uint rebind) = Times(seconds);
        return new DhcpLease
        {
            Address = address, PrefixLength = prefix, Router = router, Server = server, Seconds = seconds,
            RenewSeconds = renew, RebindSeconds = rebind, DnsServers = Servers(),
            Domain = Text(DhcpOption.DomainName) is { Length: > 0 } domain ? domain : null,
        };
    }

    // RFC 2131 section 4.4.5, also where a server says something that cannot be.
    private (uint Renew, uint Rebind) Times(uint seconds)
    {
        if (seconds == DhcpLease.Forever) return (seconds, seconds);
        uint rebind = Seconds(DhcpOption.RebindingTime) is { } t2 && t2 > 0 && t2 < seconds
            ? t2 : (uint)((ulong)seconds * 7 / 8);
        uint renew = Seconds(DhcpOption.RenewalTime) is { } t1 && t1 > 0 && t1 < rebind
            ? t1 : Math.Min(seconds / 2, rebind);
        return (Math.Max(renew, 1), Math.Max(rebind, 1));
    }

    private IPAddress[] Servers()
    {
        if (Value(DhcpOption.DomainNameServer) is not { } value || value.Length % 4 != 0) return [];
        var servers = new List<IPAddress>();
        for (int i = 0; i < value.Length && servers.Count < MaxServers; i += 4)
            if (new IPAddress(value.AsSpan(i, 4)) is var server && IsHost(server)) servers.Add(server);
        return [.. servers];
    }

    private int? PrefixLength()
    {
        if (Value(DhcpOption.SubnetMask) is not { Length: 4 } value) return null;
        uint mask = BinaryPrimitives.ReadUInt32BigEndian(value);
        // Ones, then zeros: what follows the last one is one less than a power of two.
        return mask != 0 && (~mask & (~mask + 1)) == 0 ? System.Numerics.BitOperations.PopCount(mask) : null;
    }

    private static bool Contains(IPAddress address, int prefix, IPAddress other)
    {
        uint mask = uint.MaxValue << (32 - prefix);
        return ((Number(address) ^ Number(other)) & mask) == 0;
    }

    // Neither of this network, this host nor a group (RFC 1122 section 3.2.1.3).
    private static bool IsHost(IPAddress address) => Number(address) >> 24 is not 0 and not 127 and < 224;

    private static uint Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private IPAddress? AddressOf(DhcpOption option) =>
        Value(option) is { Length: 4 } value ? new IPAddress(value) : null;

    private uint? Seconds(DhcpOption option) =>
        Value(option) is { Length: 4 } value ? BinaryPrimitives.ReadUInt32BigEndian(value) : null;

    // What people or resolvers are shown: of others' bytes, what can be printed.
    private string Text(DhcpOption option)
    {
        if (Value(option) is not { } value) return "";
        string text = Encoding.ASCII.GetString(value, 0, Math.Min(value.Length, MaxText)).TrimEnd('\0');
        return text.All(c => c is >= ' ' and < '\x7f') ? text : "";
    }

    private byte[]? Value(DhcpOption option) => _values[(int)option];

    private bool TryTake(ReadOnlySpan<byte> options)
    {
        while (!options.IsEmpty)
        {
            var option = (DhcpOption)options[0];
            if (option == DhcpOption.End) return true;
            options = options[1..];
            if (option == DhcpOption.Pad) continue;
            if (options.IsEmpty || options[0] >= options.Length) return false;
            _values[(int)option] ??= options.Slice(1, options[0]).ToArray();
            options = options[(1 + options[0])..];
        }
        return false;
    }

    private static DhcpReply? Refuse(out string? problem, string text)
    {
        problem = text;
        return null;
    }

    private static DhcpLease? RefuseLease(out string? problem, string text)
    {
        problem = text;
        return null;
    }
}
