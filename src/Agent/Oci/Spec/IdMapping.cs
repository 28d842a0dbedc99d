namespace Skiff.Agent.Oci.Spec;

/// <summary>A range of user or group ids.</summary>
/// <param name="ContainerId">The first one inside.</param>
/// <param name="HostId">The first one outside.</param>
/// <param name="Size">How many.</param>
internal readonly record struct IdMapping(uint ContainerId, uint HostId, uint Size)
{
    /// <summary>Reads one range.</summary>
    public static IdMapping Read(SpecNode node)
    {
        uint size = node.UInt32("size");
        if (size == 0) throw node.Wrong("size", "is 0 or missing");
        return new IdMapping(node.UInt32("containerID"), node.UInt32("hostID"), size);
    }

    /// <summary>The ranges as /proc/PID/uid_map takes them.</summary>
    public static string Text(IEnumerable<IdMapping> mappings) =>
        string.Concat(mappings.Select(m => $"{m.ContainerId} {m.HostId} {m.Size}\n"));
}
