using Skiff.Agent.Oci.Spec;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Oci;

/// <summary>Which devices a container's processes may open and make.</summary>
internal static class DeviceRules
{
    private const uint TypeMask = 0xF000, BlockDevice = 0x6000, Fifo = 0x1000;

    /// <summary>
    /// Restricts a cgroup to linux.resources.devices; without any, to the defaults and linux.devices. The devices that
    /// every container has are always allowed, as under runc.
    /// </summary>
    public static void Attach(Cgroup cgroup, ResourceSpec resources, DeviceNode[] nodes)
    {
        List<DeviceRule> rules = [DeviceRule.DenyAll];
        if (resources.Devices is { Length: > 0 } given) rules.AddRange(given);
        else
            foreach (DeviceNode node in nodes)
                if ((node.Mode & TypeMask) != Fifo) rules.Add(RuleOf(node));
        // Its first rule denies everything.
        rules.AddRange(DefaultDevices.Rules.Skip(1));
        using DeviceProgram program = DeviceProgram.Load(rules);
        program.Attach(cgroup.Directory);
    }

    private static DeviceRule RuleOf(DeviceNode node) => new(true,
        (node.Mode & TypeMask) == BlockDevice ? DeviceKind.Block : DeviceKind.Character, node.Major, node.Minor);
}
