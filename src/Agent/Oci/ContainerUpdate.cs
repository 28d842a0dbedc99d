using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Oci;

/// <summary>update: other limits for a container.</summary>
internal static class ContainerUpdate
{
    /// <summary>Applies them; what is not there stays as it is.</summary>
    public static void Apply(OciContainer container, ResourceSpec resources, RuntimeLog log)
    {
        if (container.Status() == ContainerStatus.Stopped)
            throw new UsageException($"cannot update container \"{container.Record.Id}\": container not running");
        using Cgroup cgroup = container.OpenCgroup();
        foreach (string warning in cgroup.Apply(resources.Limits)) log.Warn(warning);
        if (resources.Devices is { Length: > 0 })
            DeviceRules.Attach(cgroup, resources, container.Spec.Linux.Devices);
    }
}
