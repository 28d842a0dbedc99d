using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Plan;

/// <summary>The steps that bring a child into the namespaces and the root of a running container.</summary>
internal static class JoinPlan
{
    /// <summary>Adds them. A PID namespace is joined by being born in it.</summary>
    public static void AddTo(LaunchProgram program, ContainerSpec spec, Fd process)
    {
        CloneFlags joined = JoinedNamespaces.Of(spec) & ~CloneFlags.CLONE_NEWPID;
        program.SetNs(process, joined);
        if ((joined & CloneFlags.CLONE_NEWUSER) == 0) return;
        program.SetGid(0);
        program.SetUid(0);
    }
}
