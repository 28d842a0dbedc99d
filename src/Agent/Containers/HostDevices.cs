using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Mounts;

namespace Skiff.Agent.Containers;

/// <summary>
/// The devices of a rootless container: nobody makes device nodes in a user namespace, so the host's are mounted on
/// files that stand in their place. Who may open them is said by their owners and modes on the host.
/// </summary>
internal static class HostDevices
{
    /// <summary>Makes the files.</summary>
    public static void MakeFiles(Fd dev, ContainerConfig config)
    {
        foreach (var (name, _) in Of(config))
        {
            int slash = name.LastIndexOf('/');
            if (slash > 0) RootTree.EnsureDirectory(dev, name[..slash]);
            RootTree.EnsureFile(dev, name);
        }
    }

    /// <summary>What is to be mounted there, named from /dev on; owned by the caller.</summary>
    public static List<PreparedMount> Clone(ContainerConfig config)
    {
        var nodes = new List<PreparedMount>();
        foreach (var (name, path) in Of(config))
            nodes.Add(new PreparedMount(name, Mounts.CloneTree(Fd.Cwd, path, recursive: false)));
        return nodes;
    }

    private static Dictionary<string, string> Of(ContainerConfig config)
    {
        var nodes = new Dictionary<string, string>();
        foreach (var (name, _, _) in ContainerDefaults.DeviceNodes) nodes[name] = $"/dev/{name}";
        if (config.Privileged)
            foreach (string name in DeviceTree.NodesOfHost()) nodes[name] = $"/dev/{name}";
        foreach (Device device in DeviceTree.NodesOf(config))
            nodes[DeviceTree.NameOf(device, out _)] = device.PathOnHost;
        return nodes;
    }
}
