using Skiff.Interop;
using Skiff.Interop.Mounts;

namespace Skiff.Agent.Containers;

/// <summary>Detached copies of host directories and files, for bind mounts.</summary>
internal static class BindTree
{
    private static readonly (string Name, ulong Propagation, bool Recursive)[] s_propagations =
    [
        ("rprivate", MountConstants.MS_PRIVATE, true), ("private", MountConstants.MS_PRIVATE, false),
        ("rslave", MountConstants.MS_SLAVE, true), ("slave", MountConstants.MS_SLAVE, false),
        ("rshared", MountConstants.MS_SHARED, true), ("shared", MountConstants.MS_SHARED, false),
    ];

    /// <summary>Whether Docker knows the propagation.</summary>
    public static bool IsPropagation(string name) => Array.Exists(s_propagations, p => p.Name == name);

    /// <summary>
    /// Copies the tree at <paramref name="location"/>; submounts come along unless the propagation is a plain one.
    /// </summary>
    public static Fd Clone(Fd location, bool readOnly, string propagation)
    {
        var row = Array.Find(s_propagations, p => p.Name == propagation);
        Fd tree = Mounts.CloneTree(location, "", row.Recursive);
        try
        {
            Mounts.SetAttributes(tree, readOnly ? MountConstants.MOUNT_ATTR_RDONLY : 0, 0, row.Propagation,
                row.Recursive);
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }
}
