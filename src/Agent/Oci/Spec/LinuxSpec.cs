using System.Text;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;
using Skiff.Interop.Seccomp;

namespace Skiff.Agent.Oci.Spec;

/// <summary>linux: what a container has of Linux's own.</summary>
internal sealed record LinuxSpec
{
    private static readonly (string Name, ulong Flag)[] s_propagations =
    [
        ("shared", MountConstants.MS_SHARED), ("rshared", MountConstants.MS_SHARED),
        ("slave", MountConstants.MS_SLAVE), ("rslave", MountConstants.MS_SLAVE),
        ("private", MountConstants.MS_PRIVATE), ("rprivate", MountConstants.MS_PRIVATE),
        ("unbindable", MountConstants.MS_UNBINDABLE), ("runbindable", MountConstants.MS_UNBINDABLE),
    ];

    /// <summary>namespaces.</summary>
    public required NamespaceSet Namespaces { get; init; }

    /// <summary>uidMappings.</summary>
    public IdRange[] UidMappings { get; init; } = [];

    /// <summary>gidMappings.</summary>
    public IdRange[] GidMappings { get; init; } = [];

    /// <summary>timeOffsets as /proc/PID/timens_offsets takes them; empty for none.</summary>
    public string TimeOffsets { get; init; } = "";

    /// <summary>devices.</summary>
    public DeviceNode[] Devices { get; init; } = [];

    /// <summary>netDevices: the host's name and the one inside.</summary>
    public (string Name, string NewName)[] NetDevices { get; init; } = [];

    /// <summary>cgroupsPath.</summary>
    public string CgroupsPath { get; init; } = "";

    /// <summary>resources.</summary>
    public required ResourceSpec Resources { get; init; }

    /// <summary>rootfsPropagation as MS_*; 0 when it is not there.</summary>
    public ulong RootfsPropagation { get; init; }

    /// <summary>seccomp.</summary>
    public SeccompProfile? Seccomp { get; init; }

    /// <summary>sysctl.</summary>
    public Dictionary<string, string> Sysctl { get; init; } = [];

    /// <summary>mountLabel.</summary>
    public string MountLabel { get; init; } = "";

    /// <summary>maskedPaths.</summary>
    public string[] MaskedPaths { get; init; } = [];

    /// <summary>readonlyPaths.</summary>
    public string[] ReadonlyPaths { get; init; } = [];

    /// <summary>personality: PER_*; null when it is not there.</summary>
    public uint? Personality { get; init; }

    /// <summary>memoryPolicy: the mode with its flags, and the nodes as bits.</summary>
    public (int Mode, ulong[] Nodes)? MemoryPolicy { get; init; }

    /// <summary>Reads linux.</summary>
    public static LinuxSpec Read(SpecNode node) => new()
    {
        Namespaces = NamespaceSet.Read(node),
        UidMappings = node.Items("uidMappings", IdMapping.Read),
        GidMappings = node.Items("gidMappings", IdMapping.Read),
        TimeOffsets = ReadTimeOffsets(node),
        Devices = node.Items("devices", DeviceNode.Read),
        NetDevices = [.. node.Children("netDevices").Select(d => (d.Name, d.Value.Text("name")))],
        CgroupsPath = node.Text("cgroupsPath"),
        Resources = ResourceSpec.Read(node.Child("resources")),
        RootfsPropagation = ReadPropagation(node),
        Seccomp = ReadSeccomp(node),
        Sysctl = node.Pairs("sysctl"),
        MountLabel = node.Text("mountLabel"),
        MaskedPaths = ReadPaths(node, "maskedPaths"),
        ReadonlyPaths = ReadPaths(node, "readonlyPaths"),
        Personality = ReadPersonality(node),
        MemoryPolicy = SchedulingSpec.ReadMemoryPolicy(node),
    };

    private static string ReadTimeOffsets(SpecNode node)
    {
        var text = new StringBuilder();
        foreach (var (clock, offset) in node.Children("timeOffsets"))
            text.Append(clock).Append(' ').Append(offset.Number("secs") ?? 0).Append(' ')
                .Append(offset.Number("nanosecs", 0, 999_999_999) ?? 0).Append('\n');
        return text.ToString();
    }

    private static ulong ReadPropagation(SpecNode node)
    {
        string name = node.Text("rootfsPropagation");
        if (name.Length == 0) return 0;
        foreach (var row in s_propagations)
            if (row.Name == name) return row.Flag;
        throw node.Wrong("rootfsPropagation", $"is \"{name}\"; known are shared, slave, private and unbindable");
    }

    private static SeccompProfile? ReadSeccomp(SpecNode node)
    {
        if (node.Child("seccomp") is null) return null;
        return SeccompProfile.Parse(Encoding.UTF8.GetBytes(node.Find("seccomp")!.Value.GetRawText()));
    }

    private static string[] ReadPaths(SpecNode node, string name)
    {
        string[] paths = node.Texts(name);
        foreach (string path in paths)
            if (!path.StartsWith('/')) throw node.Wrong(name, $"has \"{path}\", absolute paths are wanted");
        return paths;
    }

    private static uint? ReadPersonality(SpecNode node)
    {
        if (node.Child("personality") is not { } personality) return null;
        if (personality.Texts("flags").Length > 0)
            throw personality.Wrong("flags", "are not supported: the specification defines none");
        return personality.Text("domain") switch
        {
            "LINUX" => 0u,
            "LINUX32" => 8u,
            var name => throw personality.Wrong("domain", $"is \"{name}\"; known are LINUX and LINUX32"),
        };
    }
}
