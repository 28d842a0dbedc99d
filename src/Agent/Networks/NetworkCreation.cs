using System.Net;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>Makes the record of a network out of what a user asks for.</summary>
internal static class NetworkCreation
{
    /// <summary>Checks a request and completes it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ofHost">What the host's routes and addresses occupy.</param>
    /// <param name="others">The networks that are there.</param>
    /// <exception cref="UsageException">It is impossible.</exception>
    public static NetworkRecord Plan(
        NetworkRequest request, IReadOnlyList<IPNetwork> ofHost, IReadOnlyList<NetworkRecord> others)
    {
        CheckName(request.Name);
        CheckDriver(request.Driver);
        bool isLink = LinkOptions.AreOf(request.Driver);
        var record = new NetworkRecord
        {
            Id = NetworkStore.NewId(),
            Name = request.Name,
            Driver = request.Driver,
            Created = DateTimeOffset.UtcNow,
            // Without a parent, containers have nobody but each other.
            IsInternal = request.IsInternal
                || isLink && request.Options.GetValueOrDefault(LinkOptions.ParentKey) is null or "",
            UsesDhcp = request.UsesDhcp,
            IsAttachable = request.IsAttachable,
            Options = request.Options,
            Labels = request.Labels,
        };
        if (request.UsesDhcp)
        {
            CheckDhcp(request);
            CheckOptions(record, others);
            return record;
        }
        List<AddressPool> asked = PoolRequest.Read(request);
        bool isChosen = request.HasIpv4 != false && !asked.Exists(pool => !pool.IsIpv6);
        record = record with { Pools = Pools(request, asked, ofHost, others), IsSubnetChosen = isChosen };
        if (record.Pools.Length == 0) throw new UsageException("IPv4 or IPv6 must be enabled");
        CheckOptions(record, others);
        // An address that nobody else has for a gateway is free for containers.
        return isLink && request.Gateways.Count == 0 && (record.IsInternal || new LinkOptions(record).IsRouted)
            ? record with { Pools = Array.ConvertAll(record.Pools, pool => pool with { Gateway = null }) } : record;
    }

    /// <summary>Whether a server gives the addresses, as an IPAM driver's name says; empty for the default.</summary>
    /// <exception cref="UsageException">There is none of that name, or it has no options.</exception>
    public static bool UsesDhcp(string driver, bool hasOptions)
    {
        if (driver is not ("" or "default" or "dhcp")) throw new UsageException($"IPAM driver \"{driver}\" not found");
        if (hasOptions)
            throw new UsageException($"the IPAM driver \"{(driver == "" ? "default" : driver)}\" has no options");
        return driver == "dhcp";
    }

    /// <summary>Refuses networks of more than this host.</summary>
    /// <exception cref="UsageException">The scope is one of them.</exception>
    public static void CheckScope(string scope)
    {
        if (scope is not ("" or "local"))
            throw new UsageException($"scope {scope} is not supported: networks are of this host");
    }

    private static void CheckDhcp(NetworkRequest request)
    {
        if (request.Driver != "macvlan") throw new UsageException("the IPAM driver dhcp is for macvlan networks: "
            + "each container has to have an Ethernet address of its own on the network of the server");
        if (request.Options.GetValueOrDefault(LinkOptions.ParentKey) is null or "") throw new UsageException(
            "the IPAM driver dhcp needs a parent interface whose network has a server: -o parent=eth0");
        if (request.HasIpv4 == false || request.HasIpv6 == true) throw new UsageException(
            "the IPAM driver dhcp gives IPv4 addresses and no others");
        if (request.Subnets.Count + request.Ranges.Count + request.Gateways.Count + request.Auxiliary.Count > 0)
            throw new UsageException("subnets, gateways and other addresses are what the DHCP server says they are: "
                + "the IPAM driver dhcp takes none");
    }

    private static AddressPool[] Pools(
        NetworkRequest request, List<AddressPool> asked, IReadOnlyList<IPNetwork> ofHost,
        IReadOnlyList<NetworkRecord> others)
    {
        bool ipv4 = request.HasIpv4 ?? true, ipv6 = request.HasIpv6 ?? asked.Exists(pool => pool.IsIpv6);
        List<IPNetwork> taken = [.. others.SelectMany(other => other.Pools).Select(pool => pool.Subnet)];
        foreach (AddressPool pool in asked)
        {
            if (pool.IsIpv6 ? !ipv6 : !ipv4) throw new UsageException(
                $"subnet {pool.Subnet} is given, but IPv{(pool.IsIpv6 ? 6 : 4)} is disabled for the network");
            if (SubnetPool.OverlapsAny(pool.Subnet, taken))
                throw UsageException.Forbidden(
                    $"invalid pool request: Pool overlaps with other one on this address space: {pool.Subnet}");
            // Containers of the other drivers are on the very network that the host is on.
            if (!LinkOptions.AreOf(request.Driver) && SubnetPool.OverlapsAny(pool.Subnet, ofHost))
                throw UsageException.Forbidden($"subnet {pool.Subnet} overlaps with a route or address of the host");
        }
        List<IPNetwork> used = [.. taken, .. ofHost, .. asked.Select(pool => pool.Subnet)];
        if (ipv4 && !asked.Exists(pool => !pool.IsIpv6))
            asked.Add(AddressPool.Of(SubnetPool.ChooseForUser(used)));
        if (ipv6 && !asked.Exists(pool => pool.IsIpv6))
            asked.Add(AddressPool.Of(SubnetPool.ChooseUniqueLocal(used)));
        return [.. asked.Where(pool => !pool.IsIpv6), .. asked.Where(pool => pool.IsIpv6)];
    }

    private static void CheckName(string name)
    {
        if (NetworkNames.IsPredefined(name) || name == "default")
            throw UsageException.Forbidden($"operation is not permitted on predefined {name} network");
        if (name.Length is 0 or > 255 || !char.IsAsciiLetterOrDigit(name[0])
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
            throw new UsageException(
                $"invalid network name \"{name}\": only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed, 255 at most");
    }

    private static void CheckDriver(string driver)
    {
        if (driver == "bridge" || LinkOptions.AreOf(driver)) return;
        throw driver switch
        {
            "host" or "null" => UsageException.Forbidden($"only one instance of \"{driver}\" network is allowed"),
            "overlay" => UsageException.Forbidden("driver overlay is not supported: it belongs to swarms"),
            _ => UsageException.NotFound($"error looking up network plugin {driver}: plugin \"{driver}\" not found"),
        };
    }

    private static void CheckOptions(NetworkRecord record, IReadOnlyList<NetworkRecord> others)
    {
        if (LinkOptions.AreOf(record.Driver))
        {
            _ = new LinkOptions(record);
            return;
        }
        _ = new BridgeOptions(record);
        if (record.Options.TryGetValue(BridgeOptions.NameKey, out string? name)
            && others.FirstOrDefault(other => other.Options.GetValueOrDefault(BridgeOptions.NameKey) == name)
                is { } other)
            throw UsageException.Forbidden($"network with name {other.Name} already uses the bridge {name}");
    }
}
