using System.Globalization;
using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// What the options of a bridge network ask for, in Docker's words (<c>com.docker.network.*</c>). An option that is not
/// known is refused by name, where Docker lets it pass.
/// </summary>
internal sealed class BridgeOptions
{
    /// <summary>The bridge's interface.</summary>
    public const string NameKey = "com.docker.network.bridge.name";

    /// <summary>Who may reach its containers from outside; a list of subnets and addresses.</summary>
    public const string AllowKey = "io.skiff.publish.allow";

    private const string Bridge = "com.docker.network.bridge.";
    private const string PrefixKey = "com.docker.network.container_iface_prefix";
    private const string MtuKey = "com.docker.network.driver.mtu";
    private const int SmallestMtu = 68, SmallestMtuOfIpv6 = 1280, LargestMtu = 65535;

    private readonly Dictionary<string, string> _options;

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">One is unknown, or its value is none.</exception>
    public BridgeOptions(NetworkRecord network)
    {
        _options = network.Options;
        foreach (var (key, value) in _options) Check(key, value);
        Mtu = _options.TryGetValue(MtuKey, out string? mtu) ? MtuOf(mtu, network.Has(ipv6: true)) : null;
        if (GatewayMode(ipv6: false) == "isolated" && !network.IsInternal
            || GatewayMode(ipv6: true) == "isolated" && !network.IsInternal)
            throw new UsageException("gateway mode 'isolated' can only be used for an internal network");
    }

    /// <summary>Largest packet in bytes; null takes that of the way out.</summary>
    public int? Mtu { get; }

    /// <summary>Whether containers reach each other.</summary>
    public bool HasInterContainerTraffic => Flag(Bridge + "enable_icc", true);

    /// <summary>Whether containers leave by the host's address.</summary>
    public bool Masquerades => Flag(Bridge + "enable_ip_masquerade", true);

    /// <summary>Whether the bridge is without the IPv4 gateway's address.</summary>
    public bool InhibitsIpv4 => Flag(Bridge + "inhibit_ipv4", false);

    /// <summary>The address that ports are published on when none is said; null for all.</summary>
    public IPAddress? HostBinding =>
        _options.TryGetValue(Bridge + "host_binding_ipv4", out string? text) ? IPAddress.Parse(text) : null;

    /// <summary>Who may reach its containers from outside; null for everyone.</summary>
    public IPNetwork[]? Allowed =>
        _options.TryGetValue(AllowKey, out string? text) ? Array.ConvertAll(text.Split(','), ParseSource) : null;

    /// <summary>What may come to all of its containers together, in bytes a second; 0 for no limit.</summary>
    public long TotalIngressBytesPerSecond => Bandwidth.Of(Bandwidth.TotalIngressKey, _options);

    /// <summary>What they may send to others, likewise.</summary>
    public long TotalEgressBytesPerSecond => Bandwidth.Of(Bandwidth.TotalEgressKey, _options);

    /// <summary>What interfaces inside are called, before their number.</summary>
    public string InterfacePrefix => _options.GetValueOrDefault(PrefixKey) ?? "eth";

    /// <summary>How packets pass the bridge: nat, nat-unprotected, routed or isolated.</summary>
    public string GatewayMode(bool ipv6) =>
        _options.GetValueOrDefault(Bridge + "gateway_mode_ipv" + (ipv6 ? '6' : '4')) ?? "nat";

    private bool Flag(string key, bool otherwise) =>
        _options.TryGetValue(key, out string? text) && TryFlag(text, out bool value) ? value : otherwise;

    private static void Check(string key, string value)
    {
        bool isFine = key switch
        {
            NameKey => NetworkNames.IsInterfaceName(value),
            PrefixKey => NetworkNames.IsInterfaceName(value + "99"),
            MtuKey => true,
            Bandwidth.IngressKey or Bandwidth.EgressKey or Bandwidth.TotalIngressKey or Bandwidth.TotalEgressKey =>
                Bandwidth.IsValid(value),
            AllowKey => Array.ConvertAll(value.Split(','), ParseSource).Length > 0,
            Bridge + "enable_icc" or Bridge + "enable_ip_masquerade" or Bridge + "inhibit_ipv4" =>
                TryFlag(value, out _),
            Bridge + "host_binding_ipv4" => AddressText.IsIpv4(value),
            Bridge + "gateway_mode_ipv4" or Bridge + "gateway_mode_ipv6" =>
                value is "nat" or "nat-unprotected" or "routed" or "isolated",
            _ => throw new UsageException($"unknown option for the bridge driver: {key}"),
        };
        if (!isFine) throw new UsageException($"invalid value for {key}: \"{value}\"");
    }

    private static int MtuOf(string text, bool ipv6)
    {
        int smallest = ipv6 ? SmallestMtuOfIpv6 : SmallestMtu;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int mtu)
            && (mtu == 0 || mtu >= smallest) && mtu <= LargestMtu ? mtu
            : throw new UsageException($"invalid value for {MtuKey}: \"{text}\" (from {smallest} to {LargestMtu})");
    }

    private static IPNetwork ParseSource(string text)
    {
        int slash = text.IndexOf('/');
        string address = slash < 0 ? text : text[..slash];
        int size = address.Contains(':') ? 128 : 32, bits = size;
        if (!AddressText.IsAddress(address) || slash >= 0 && (!int.TryParse(
            text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > size))
            throw new UsageException($"invalid value for {AllowKey}: \"{text}\" is no address or subnet, such as "
                + "192.0.2.7 or 192.0.2.0/24");
        IPNetwork network = PoolRequest.MaskedOf(IPAddress.Parse(address), bits);
        return network.BaseAddress.Equals(IPAddress.Parse(address)) ? network
            : throw new UsageException($"invalid value for {AllowKey}: \"{text}\" should be {network}");
    }

    // As Go's strconv.ParseBool.
    private static bool TryFlag(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return value || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }
}
