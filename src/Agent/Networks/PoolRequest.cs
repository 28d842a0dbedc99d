using System.Globalization;
using System.Net;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>
/// Puts subnets, ranges, gateways and other addresses of <c>network create</c> together, as Docker does.
/// </summary>
internal static class PoolRequest
{
    /// <summary>The pools that are asked for, in the order of their subnets; none when no subnet is named.</summary>
    /// <exception cref="UsageException">Something is malformed, or fits into no subnet.</exception>
    public static List<AddressPool> Read(NetworkRequest request)
    {
        if (request.Subnets.Count < request.Ranges.Count || request.Subnets.Count < request.Gateways.Count)
            throw new UsageException("every ip-range or gateway must have a corresponding subnet");
        var pools = new List<AddressPool>();
        foreach (string text in request.Subnets)
        {
            IPNetwork subnet = ParseNetwork(text, "subnet");
            if (pools.Exists(pool => SubnetPool.OverlapsAny(subnet, [pool.Subnet])))
                throw new UsageException("multiple overlapping subnet configuration is not supported");
            pools.Add(new AddressPool(subnet));
        }
        foreach (string text in request.Ranges) AddRange(pools, text);
        foreach (string text in request.Gateways) AddGateway(pools, text);
        foreach (var (name, text) in request.Auxiliary) AddAuxiliary(pools, name, text);
        return pools.ConvertAll(WithGateway);
    }

    private static void AddRange(List<AddressPool> pools, string text)
    {
        IPNetwork range = ParseNetwork(text, "ip-range");
        int index = pools.FindIndex(pool => pool.Subnet.Contains(range.BaseAddress)
            && range.PrefixLength >= pool.Subnet.PrefixLength);
        if (index < 0) throw new UsageException($"no matching subnet for range {text}");
        if (pools[index].Range is { } other) throw new UsageException(
            $"cannot configure multiple ranges ({text}, {other}) on the same subnet ({pools[index].Subnet})");
        pools[index] = pools[index] with { Range = range };
    }

    private static void AddGateway(List<AddressPool> pools, string text)
    {
        IPAddress gateway = ParseAddress(text, "gateway");
        int index = pools.FindIndex(pool => pool.Subnet.Contains(gateway));
        if (index < 0) throw new UsageException($"no matching subnet for gateway {text}");
        if (pools[index].Gateway is { } other) throw new UsageException(
            $"cannot configure multiple gateways ({text}, {other}) for the same subnet ({pools[index].Subnet})");
        pools[index] = pools[index] with { Gateway = gateway };
    }

    private static void AddAuxiliary(List<AddressPool> pools, string name, string text)
    {
        IPAddress address = ParseAddress(text, "aux-address");
        AddressPool pool = pools.Find(pool => pool.Subnet.Contains(address))
            ?? throw new UsageException($"no matching subnet for aux-address {text}");
        pool.Auxiliary[name] = address;
    }

    // The first address that nobody else has.
    private static AddressPool WithGateway(AddressPool pool)
    {
        if (pool.Gateway is not null) return pool;
        (_, ulong first, ulong last) = (pool with { Range = null }).Assignable();
        for (ulong place = first; place <= last; place++)
        {
            IPAddress address = AddressNumber.At(pool.Subnet, place);
            if (!pool.Auxiliary.ContainsValue(address)) return pool with { Gateway = address };
        }
        throw new UsageException($"subnet {pool.Subnet} has no address left for the gateway");
    }

    private static IPNetwork ParseNetwork(string text, string what)
    {
        int slash = text.IndexOf('/');
        if (slash < 0 || !AddressText.IsAddress(text[..slash]) || !int.TryParse(text[(slash + 1)..],
            NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            || bits > (text.Contains(':') ? 128 : 32))
            throw new UsageException($"invalid {what} {text}: it has to be an address with its prefix, as "
                + "192.0.2.0/24 or 2001:db8::/64");
        IPAddress address = IPAddress.Parse(text[..slash]);
        IPNetwork network = MaskedOf(address, bits);
        if (!network.BaseAddress.Equals(address))
            throw new UsageException($"invalid {what} {text}: it should be {network}");
        // Neither has ever been given to hosts (RFC 1112 section 4, RFC 4291 section 2.7).
        if (bits == 0 || network.BaseAddress.GetAddressBytes()[0] >= (text.Contains(':') ? 0xff : 224))
            throw new UsageException($"invalid {what} {text}: it is not for hosts");
        return network;
    }

    /// <summary>The network of that many bits that an address is in.</summary>
    public static IPNetwork MaskedOf(IPAddress address, int bits)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = bits; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), bits);
    }

    private static IPAddress ParseAddress(string text, string what) => AddressText.IsAddress(text)
        ? IPAddress.Parse(text) : throw new UsageException($"invalid {what} {text}: it is no IP address");
}
