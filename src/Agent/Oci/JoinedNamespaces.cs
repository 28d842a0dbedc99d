using Skiff.Agent.Oci.Spec;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>The namespaces that a process of a container has apart from the host.</summary>
internal static class JoinedNamespaces
{
    private static readonly CloneFlags[] s_kinds =
    [
        CloneFlags.CLONE_NEWUSER, CloneFlags.CLONE_NEWNS, CloneFlags.CLONE_NEWPID, CloneFlags.CLONE_NEWNET,
        CloneFlags.CLONE_NEWUTS, CloneFlags.CLONE_NEWIPC, CloneFlags.CLONE_NEWCGROUP,
    ];

    /// <summary>As flags for setns(2) with a pidfd.</summary>
    public static CloneFlags Of(ContainerSpec spec)
    {
        NamespaceSet set = spec.Linux.Namespaces;
        CloneFlags joined = set.NewTime || set.PathOf(NamespaceSet.CLONE_NEWTIME) is not null
            ? NamespaceSet.CLONE_NEWTIME : CloneFlags.None;
        foreach (CloneFlags kind in s_kinds)
            if (set.IsOther(kind)) joined |= kind;
        return joined;
    }
}
