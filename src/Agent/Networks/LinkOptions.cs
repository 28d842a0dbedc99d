using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// What the options of a macvlan or ipvlan network ask for, in Docker's words. An option that is not known is refused
/// by name, where Docker lets it pass.
/// </summary>
internal sealed class LinkOptions
{
    /// <summary>The host's interface that containers share.</summary>
    public const string ParentKey = "parent";

    private const string MacvlanModeKey = "macvlan_mode", IpvlanModeKey = "ipvlan_mode", IpvlanFlagKey = "ipvlan_flag";

    private static readonly string[] s_macvlanModes = ["bridge", "private", "passthru", "vepa"];
    private static readonly string[] s_ipvlanModes = ["l2", "l3", "l3s"], s_ipvlanFlags = ["bridge", "private", "vepa"];

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">One is unknown, or its value is none.</exception>
    public LinkOptions(NetworkRecord network)
    {
        IsIpvlan = network.Driver == "ipvlan";
        foreach (string key in network.Options.Keys)
            if (key != ParentKey && (IsIpvlan ? key is not (IpvlanModeKey or IpvlanFlagKey) : key != MacvlanModeKey))
                throw new UsageException($"unknown option for the {network.Driver} driver: {key}");
        Parent = network.Options.GetValueOrDefault(ParentKey) is { Length: > 0 } parent ? parent : null;
        if (Parent == "lo")
            throw new UsageException($"loopback interface is not a valid {network.Driver} parent link");
        if (Parent is not null && !NetworkNames.IsInterfaceName(Parent))
            throw new UsageException($"invalid value for {ParentKey}: \"{Parent}\"");
        MacvlanMode = Choice(network, "macvlan mode", MacvlanModeKey, s_macvlanModes) switch
        {
            "private" => MacvlanMode.MACVLAN_MODE_PRIVATE,
            "passthru" => MacvlanMode.MACVLAN_MODE_PASSTHRU,
            "vepa" => MacvlanMode.MACVLAN_MODE_VEPA,
            _ => MacvlanMode.MACVLAN_MODE_BRIDGE,
        };
        IpvlanMode = Choice(network, "ipvlan mode", IpvlanModeKey, s_ipvlanModes) switch
        {
            "l3" => IpvlanMode.IPVLAN_MODE_L3,
            "l3s" => IpvlanMode.IPVLAN_MODE_L3S,
            _ => IpvlanMode.IPVLAN_MODE_L2,
        };
        IpvlanFlags = Choice(network, "ipvlan flag", IpvlanFlagKey, s_ipvlanFlags) switch
        {
            "private" => IpvlanFlags.IPVLAN_F_PRIVATE,
            "vepa" => IpvlanFlags.IPVLAN_F_VEPA,
            _ => IpvlanFlags.None,
        };
    }

    /// <summary>Whether a driver is told by them.</summary>
    public static bool AreOf(string driver) => driver is "macvlan" or "ipvlan";

    /// <summary>The host's interface; null when containers are among themselves.</summary>
    public string? Parent { get; }

    /// <summary>ipvlan, not macvlan.</summary>
    public bool IsIpvlan { get; }

    /// <summary>How macvlans reach each other.</summary>
    public MacvlanMode MacvlanMode { get; }

    /// <summary>What ipvlans exchange.</summary>
    public IpvlanMode IpvlanMode { get; }

    /// <summary>How ipvlans reach each other.</summary>
    public IpvlanFlags IpvlanFlags { get; }

    /// <summary>Whether packets are routed by their interface itself, so that there is no gateway.</summary>
    public bool IsRouted => IsIpvlan && IpvlanMode != IpvlanMode.IPVLAN_MODE_L2;

    /// <summary>Whether a container has the parent to itself.</summary>
    public bool IsPassthru => !IsIpvlan && MacvlanMode == MacvlanMode.MACVLAN_MODE_PASSTHRU;

    /// <summary>Whether containers have the parent's Ethernet address.</summary>
    public bool SharesMac => IsIpvlan || IsPassthru;

    /// <summary>The parent interface and the id of a VLAN that its name stands for: eth0.10.</summary>
    /// <exception cref="UsageException">It stands for none.</exception>
    public static (string Of, ushort Id) ParseVlan(string name)
    {
        int dot = name.IndexOf('.');
        if (dot < 0) throw new UsageException(
            $"invalid subinterface vlan name {name}, example formatting is eth0.10; there is no interface {name}");
        if (name.IndexOf('.', dot + 1) >= 0) throw new UsageException(
            $"required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received {name}");
        if (!int.TryParse(name[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            throw new UsageException(
                $"unable to parse a valid vlan id from: {name[(dot + 1)..]} (ex. eth0.10 for vlan 10)");
        return id is >= 1 and <= 4094 ? (name[..dot], (ushort)id)
            : throw new UsageException($"vlan id must be between 1-4094, received: {id}");
    }

    private static string Choice(NetworkRecord network, string what, string key, string[] choices)
    {
        if (network.Options.GetValueOrDefault(key) is not { Length: > 0 } asked) return choices[0];
        return Array.IndexOf(choices, asked) >= 0 ? asked : throw new UsageException(
            $"requested {what} '{asked}' is not valid: it has to be {string.Join(", ", choices[..^1])} or "
            + choices[^1]);
    }
}
