using Skiff.Agent.RuntimeSpec;

namespace Skiff.Agent.Oci.Spec;

/// <summary>One of linux.devices: a node to be made.</summary>
/// <param name="Path">Where, inside.</param>
/// <param name="Mode">S_IFCHR, S_IFBLK or S_IFIFO with the permissions.</param>
/// <param name="Major">Major number.</param>
/// <param name="Minor">Minor number.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
internal sealed record DeviceNode(string Path, uint Mode, uint Major, uint Minor, uint Uid, uint Gid)
{
    private const uint CharacterDevice = 0x2000, BlockDevice = 0x6000, Fifo = 0x1000, DefaultPermissions = 0x1B6;

    /// <summary>What every container has (runtime specification, "Default Devices").</summary>
    public static IReadOnlyList<DeviceNode> Defaults { get; } =
    [
        Standard("null", 1, 3), Standard("zero", 1, 5), Standard("full", 1, 7), Standard("random", 1, 8),
        Standard("urandom", 1, 9), Standard("tty", 5, 0),
    ];

    /// <summary>Reads linux.devices[].</summary>
    public static DeviceNode Read(SpecNode node)
    {
        string path = node.Text("path");
        if (!path.StartsWith('/')) throw node.Wrong("path", $"is \"{path}\", an absolute path is wanted");
        uint type = node.Text("type") switch
        {
            "c" or "u" => CharacterDevice,
            "b" => BlockDevice,
            "p" => Fifo,
            var other => throw node.Wrong("type", $"is \"{other}\"; known are c, u, b and p"),
        };
        // Go writes the kind of the node into the mode as well, in its own bits.
        uint permissions = (uint)(node.Number("fileMode", 0, uint.MaxValue) ?? DefaultPermissions) & 0xFFF;
        return new DeviceNode(path, type | permissions, node.UInt32("major"), node.UInt32("minor"), node.UInt32("uid"),
            node.UInt32("gid"));
    }

    private static DeviceNode Standard(string name, uint major, uint minor) =>
        new("/dev/" + name, CharacterDevice | DefaultPermissions, major, minor, 0, 0);
}
