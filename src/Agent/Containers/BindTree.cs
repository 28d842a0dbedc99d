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

    /// <summary>Copies the tree at <paramref name="location"/>.</summary>
    /// <param name="location">A file or directory.</param>
    /// <param name="readOnly">No writes.</param>
    /// <param name="propagation">Docker's word; without an r it is for the top mount alone.</param>
    /// <param name="recursive">What becomes of the mounts below (<see cref="Mount.Recursive"/>).</param>
    public static Fd Clone(Fd location, bool readOnly, string propagation, string recursive = "")
    {
        var row = Array.Find(s_propagations, p => p.Name == propagation);
        bool deep = recursive != "disabled";
        Fd tree = Mounts.CloneTree(location, "", deep);
        try
        {
            // Docker leaves those below peers of the host's. Nobody has asked for that, so here they only receive,
            // unless the top one is shared.
            if (deep && !row.Recursive && row.Propagation != MountConstants.MS_SHARED)
                Mounts.SetAttributes(tree, 0, 0, MountConstants.MS_SLAVE, recursive: true);
            Mounts.SetAttributes(tree, 0, 0, row.Propagation, deep && row.Recursive);
            if (readOnly)
                Mounts.SetAttributes(
                    tree, MountConstants.MOUNT_ATTR_RDONLY, recursive: deep && recursive != "writable");
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }
}
