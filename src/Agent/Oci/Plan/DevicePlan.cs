using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Processes;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Agent.Oci.Plan;

/// <summary>The steps that make device nodes, and the links that programs expect beside them.</summary>
/// <param name="program">The program that gets the steps.</param>
/// <param name="inside">The container's root.</param>
/// <param name="bound">Whether nodes are bind mounts of the host's: nobody makes nodes in a user namespace.</param>
internal sealed class DevicePlan(LaunchProgram program, InsideRoot inside, bool bound)
{
    private static readonly (string Name, string Target)[] s_links =
    [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ];

    /// <summary>What every container has.</summary>
    public void AddDefaults()
    {
        foreach (DeviceNode device in DeviceNode.Defaults) Add(device);
        StepArgument dev = inside.Ensure("dev", directory: true);
        foreach (var (name, target) in s_links)
            program.SymlinkAt(target, dev, name, OnError.Ignoring(Errno.EEXIST));
        if (Files.Exists("/proc/kcore"))
            program.SymlinkAt("/proc/kcore", dev, "core", OnError.Ignoring(Errno.EEXIST));
    }

    /// <summary>One node. A file that is there already stays as it is.</summary>
    public void Add(DeviceNode device)
    {
        if (bound)
        {
            Bind(device.Path);
            return;
        }
        var (directory, name) = inside.EnsureParent(device.Path);
        program.MknodAt(directory, name, device.Mode, device.Major, device.Minor,
            OnError.SkipNext(1, Errno.EEXIST));
        program.FchownAt(directory, name, device.Uid, device.Gid);
    }

    // The host's path, while the host's root is still this child's.
    private void Bind(string path)
    {
        LaunchStep tree = program.OpenTree(Fd.Cwd, path, OPEN_TREE_CLONE);
        program.MoveMountTo(tree, inside.Ensure(path, directory: false), path);
    }
}
