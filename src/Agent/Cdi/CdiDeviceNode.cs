using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Cdi;

/// <summary>A node for the container's /dev.</summary>
/// <param name="Path">Where, inside.</param>
/// <param name="HostPath">The node of the host that tells what the file does not.</param>
/// <param name="Type">c, b or p; empty: as the host's.</param>
/// <param name="Major">Major number; 0: the host's.</param>
/// <param name="Minor">Minor number.</param>
/// <param name="Permissions">Its mode.</param>
/// <param name="Access">What the container may do with it.</param>
/// <param name="Uid">Owner, inside; null: who the container runs as.</param>
/// <param name="Gid">Group, likewise.</param>
internal sealed record CdiDeviceNode(
    string Path, string HostPath, string Type, uint Major, uint Minor, uint Permissions, DeviceAccess Access, uint? Uid,
    uint? Gid)
{
    private const uint DefaultPermissions = 0x1B6, CharacterDevice = 0x2000, BlockDevice = 0x6000, Fifo = 0x1000;

    // The kernel has 12 and 20 bits for them.
    private const long MostMajor = 0xFFF, MostMinor = 0xFFFFF;

    /// <summary>Kind and permissions as mknod(2) takes them.</summary>
    public uint Mode => Permissions | (Type switch { "b" => BlockDevice, "p" => Fifo, _ => CharacterDevice });

    /// <summary>What the control group has to allow; null for nothing.</summary>
    public DeviceRule? Rule => Type == "p" || Access == DeviceAccess.None ? null
        : new DeviceRule(true, Type == "b" ? DeviceKind.Block : DeviceKind.Character, Major, Minor, Access);

    /// <summary>Reads deviceNodes[].</summary>
    public static CdiDeviceNode Read(SpecNode node, CdiVersion version)
    {
        node.Only("path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid");
        version.Require(node, "hostPath", "0.5.0");
        string path = node.Text("path"), hostPath = node.Text("hostPath"), type = node.Text("type");
        if (!path.StartsWith('/')) throw node.Wrong("path", $"is \"{path}\", an absolute path is wanted");
        if (type is not ("" or "b" or "c" or "u" or "p"))
            throw node.Wrong("type", $"is \"{type}\"; known are c, u, b and p");
        return new CdiDeviceNode(path, hostPath.Length > 0 ? hostPath : path, type == "u" ? "c" : type,
            (uint)(node.Number("major", 0, MostMajor) ?? 0), (uint)(node.Number("minor", 0, MostMinor) ?? 0),
            (uint)(node.Number("fileMode", 0, uint.MaxValue) ?? DefaultPermissions) & 0xFFF, AccessOf(node),
            (uint?)node.Number("uid", 0, uint.MaxValue), (uint?)node.Number("gid", 0, uint.MaxValue));
    }

    /// <summary>The same with all that only the host's node tells.</summary>
    /// <exception cref="UsageException">There is no such node on the host, or it is of another type.</exception>
    public CdiDeviceNode FromHost()
    {
        if (Type == "p" || (Type.Length > 0 && Major != 0)) return this;
        Errno errno = Files.TryStatAt(Fd.Cwd, HostPath, AtFlags.AT_SYMLINK_NOFOLLOW, out FileStatus status);
        string? type = errno != Errno.None ? null : status.Type switch
        {
            FileType.DT_BLK => "b",
            FileType.DT_CHR => "c",
            FileType.DT_FIFO => "p",
            _ => null,
        };
        if (type is null) throw new UsageException($"CDI device injection failed: failed to stat CDI host device "
            + $"\"{HostPath}\": {(errno != Errno.None ? ErrnoText.Of(errno) : "not a device node")}", 125);
        if (Type.Length > 0 && Type != type) throw new UsageException($"CDI device injection failed: CDI device "
            + $"(\"{Path}\", \"{HostPath}\"), host type mismatch ({Type}, {type})", 125);
        return this with { Type = type, Major = status.RdevMajor, Minor = status.RdevMinor };
    }

    private static DeviceAccess AccessOf(SpecNode node)
    {
        string text = node.Text("permissions");
        if (text.Length == 0) return DeviceAccess.All;
        if (text == "none") return DeviceAccess.None;
        return DeviceRule.TryParseAccess(text, out DeviceAccess access) ? access
            : throw node.Wrong("permissions", $"is \"{text}\"; letters of rwm are wanted, or none");
    }
}
