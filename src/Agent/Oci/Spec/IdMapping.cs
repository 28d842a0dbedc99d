using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Spec;

/// <summary>Ranges of user or group ids (config-linux.md, "User namespace mappings").</summary>
internal static class IdMapping
{
    /// <summary>Reads one range.</summary>
    public static IdRange Read(SpecNode node)
    {
        uint size = node.UInt32("size");
        if (size == 0) throw node.Wrong("size", "is 0 or missing");
        return new IdRange(node.UInt32("containerID"), node.UInt32("hostID"), size);
    }
}
