using System.Text;

namespace Skiff.Interop.Cgroups;

/// <summary>Controllers as the kernel's files spell them.</summary>
internal static class CgroupControllerNames
{
    private static readonly (CgroupControllers Controller, string Name)[] Table =
    [
        (CgroupControllers.cpuset, "cpuset"), (CgroupControllers.cpu, "cpu"), (CgroupControllers.io, "io"),
        (CgroupControllers.memory, "memory"), (CgroupControllers.hugetlb, "hugetlb"), (CgroupControllers.pids, "pids"),
        (CgroupControllers.rdma, "rdma"), (CgroupControllers.misc, "misc"),
    ];

    /// <summary>Reads the space-separated list of <c>cgroup.controllers</c>; unknown names are ignored.</summary>
    internal static CgroupControllers Parse(ReadOnlySpan<char> text)
    {
        var found = CgroupControllers.None;
        foreach (Range word in text.Split(' '))
            foreach (var row in Table)
                if (text[word].Trim().SequenceEqual(row.Name)) found |= row.Controller;
        return found;
    }

    /// <summary><c>+cpu +memory</c>, as <c>cgroup.subtree_control</c> takes it.</summary>
    internal static string Enabling(CgroupControllers controllers) => Join(controllers, " +", "+");

    /// <summary><c>cpu, memory</c>, for messages.</summary>
    internal static string Describe(CgroupControllers controllers) => Join(controllers, ", ", "");

    private static string Join(CgroupControllers controllers, string separator, string first)
    {
        var text = new StringBuilder();
        foreach (var row in Table)
            if ((controllers & row.Controller) != 0) text.Append(text.Length == 0 ? first : separator).Append(row.Name);
        return text.ToString();
    }
}
