using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Spec;

/// <summary>Reads scheduler, ioPriority, execCPUAffinity and linux.memoryPolicy: names as numbers.</summary>
internal static class SchedulingSpec
{
    private const int WordBits = 64, MostNumbers = 4096;

    private static readonly (string Name, long Value)[] s_policies =
    [
        ("SCHED_OTHER", 0), ("SCHED_FIFO", 1), ("SCHED_RR", 2), ("SCHED_BATCH", 3), ("SCHED_ISO", 4), ("SCHED_IDLE", 5),
        ("SCHED_DEADLINE", 6),
    ];

    private static readonly (string Name, long Value)[] s_schedulingFlags =
    [
        ("SCHED_FLAG_RESET_ON_FORK", 1), ("SCHED_FLAG_RECLAIM", 2), ("SCHED_FLAG_DL_OVERRUN", 4),
        ("SCHED_FLAG_KEEP_POLICY", 8), ("SCHED_FLAG_KEEP_PARAMS", 16), ("SCHED_FLAG_UTIL_CLAMP_MIN", 32),
        ("SCHED_FLAG_UTIL_CLAMP_MAX", 64),
    ];

    private static readonly (string Name, long Value)[] s_ioClasses =
        [("IOPRIO_CLASS_RT", 1), ("IOPRIO_CLASS_BE", 2), ("IOPRIO_CLASS_IDLE", 3)];

    private static readonly (string Name, long Value)[] s_memoryModes =
    [
        ("MPOL_DEFAULT", 0), ("MPOL_PREFERRED", 1), ("MPOL_BIND", 2), ("MPOL_INTERLEAVE", 3), ("MPOL_LOCAL", 4),
        ("MPOL_PREFERRED_MANY", 5), ("MPOL_WEIGHTED_INTERLEAVE", 6),
    ];

    private static readonly (string Name, long Value)[] s_memoryFlags =
        [("MPOL_F_STATIC_NODES", 1 << 15), ("MPOL_F_RELATIVE_NODES", 1 << 14), ("MPOL_F_NUMA_BALANCING", 1 << 13)];

    /// <summary>The modes that linux.memoryPolicy can have.</summary>
    public static string[] MemoryModes => Array.ConvertAll(s_memoryModes, row => row.Name);

    /// <summary>The flags that linux.memoryPolicy can have.</summary>
    public static string[] MemoryFlags => Array.ConvertAll(s_memoryFlags, row => row.Name);

    /// <summary>process.scheduler, or null.</summary>
    public static SchedulingPolicy? ReadScheduler(SpecNode process)
    {
        if (process.Child("scheduler") is not { } node) return null;
        return new SchedulingPolicy(
            (uint)Value(node, "policy", node.Text("policy"), s_policies),
            (ulong)Flags(node, s_schedulingFlags),
            (int)(node.Number("nice", -20, 19) ?? 0),
            (uint)(node.Number("priority", 0, 99) ?? 0),
            node.Unsigned("runtime") ?? 0, node.Unsigned("deadline") ?? 0, node.Unsigned("period") ?? 0);
    }

    /// <summary>process.ioPriority, or null.</summary>
    public static (int Class, int Level)? ReadIoPriority(SpecNode process)
    {
        if (process.Child("ioPriority") is not { } node) return null;
        long kind = Value(node, "class", node.Text("class"), s_ioClasses);
        return ((int)kind, (int)(node.Number("priority", 0, 7) ?? 0));
    }

    /// <summary>linux.memoryPolicy: the mode with its flags, and the nodes as bits; null without one.</summary>
    public static (int Mode, ulong[] Nodes)? ReadMemoryPolicy(SpecNode linux)
    {
        if (linux.Child("memoryPolicy") is not { } node) return null;
        long mode = Value(node, "mode", node.Text("mode"), s_memoryModes) | Flags(node, s_memoryFlags);
        return ((int)mode, ReadSet(node, "nodes"));
    }

    /// <summary>A list such as <c>0-3,7</c> as bits; empty when there is none.</summary>
    public static ulong[] ReadSet(SpecNode node, string name)
    {
        string text = node.Text(name);
        if (text.Length == 0) return [];
        var words = new List<ulong>();
        foreach (string part in text.Split(','))
        {
            int dash = part.IndexOf('-');
            if (!int.TryParse(dash < 0 ? part : part[..dash], out int first)
                || !int.TryParse(dash < 0 ? part : part[(dash + 1)..], out int last)
                || first < 0 || last < first || last >= MostNumbers)
                throw node.Wrong(name, $"is \"{text}\", a list such as 0-3,7 is wanted");
            for (int bit = first; bit <= last; bit++)
            {
                while (words.Count <= bit / WordBits) words.Add(0);
                words[bit / WordBits] |= 1UL << (bit % WordBits);
            }
        }
        return [.. words];
    }

    private static long Flags(SpecNode node, (string Name, long Value)[] known)
    {
        long flags = 0;
        foreach (string name in node.Texts("flags")) flags |= Value(node, "flags", name, known);
        return flags;
    }

    private static long Value(SpecNode node, string field, string name, (string Name, long Value)[] known)
    {
        foreach (var row in known)
            if (row.Name == name) return row.Value;
        throw node.Wrong(field, $"has \"{name}\"; known are {string.Join(", ", known.Select(row => row.Name))}");
    }
}
