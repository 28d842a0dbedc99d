namespace Skiff.Interop.Cgroups;

/// <summary>Controllers of a cgroup v2 tree, by the names in <c>cgroup.controllers</c> (cgroups(7)).</summary>
[Flags]
public enum CgroupControllers
{
    /// <summary>None: a bare tree that can still track, freeze and kill.</summary>
    None = 0,

    /// <summary>CPU and memory-node placement.</summary>
    cpuset = 1,

    /// <summary>CPU bandwidth and weight.</summary>
    cpu = 2,

    /// <summary>Block I/O limits and weight.</summary>
    io = 4,

    /// <summary>Memory limits and accounting.</summary>
    memory = 8,

    /// <summary>Huge page limits.</summary>
    hugetlb = 16,

    /// <summary>Number of tasks.</summary>
    pids = 32,

    /// <summary>RDMA resources.</summary>
    rdma = 64,

    /// <summary>Scalar resources without their own controller.</summary>
    misc = 128,

    /// <summary>What a container's limits and statistics use.</summary>
    Containers = cpuset | cpu | io | memory | pids,
}
