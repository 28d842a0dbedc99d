using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Mounts;

namespace Skiff.Agent.Containers;

/// <summary>
/// The overlay of a container: its layers below, its own upper directory on top; mounted detached, so that nothing of
/// it is visible on the host and it ends with the container's mount namespace.
/// </summary>
internal static class RootFilesystem
{
    // fsconfig(2) takes strings of at most 256 bytes, and "lowerdir+", one layer at a time, came with Linux 6.8.
    private static readonly Version AppendableLowers = new(6, 8);

    // With either of them, which some kernels have on by default, an upper directory would name files of the layers
    // below in place of what the container changed, and commit could not make a layer of it.
    internal static readonly string[] Refused = ["redirect_dir", "metacopy"];

    /// <summary>Mounts the overlay; the result is a detached mount, owned by the caller.</summary>
    /// <param name="lowers">Layer directories, base first; may be empty.</param>
    /// <param name="directory">The container's durable directory, with upper and work.</param>
    /// <param name="runDirectory">For the fall-back's passing mount point and an empty directory.</param>
    /// <param name="temporary">The content is thrown away at the end: the overlay then never flushes (overlayfs
    /// "volatile").</param>
    /// <param name="label">SELinux label of everything in it; empty for none.</param>
    public static Fd Mount(
        IReadOnlyList<string> lowers, string directory, string runDirectory, bool temporary, string label)
    {
        string upper = Path.Combine(directory, "upper"), work = Path.Combine(directory, "work");
        if (temporary) Trees.Remove(Path.Combine(work, "work", "incompat"));
        if (lowers.Count == 0) lowers = [EmptyLower(runDirectory, 0)];
        if (KernelVersion.Current < AppendableLowers) return MountByOptions(lowers,
            $",upperdir={upper},workdir={work}"
            + (RootlessMode.IsOn ? ",userxattr" : string.Concat(Refused.Select(feature => $",{feature}=off")))
            + (temporary ? ",volatile" : "") + Labelled(label), runDirectory);
        using Fd context = Over(lowers);
        Mounts.FsConfigString(context, "upperdir", upper);
        Mounts.FsConfigString(context, "workdir", work);
        // With attributes of the user they are off, and may not be mentioned; Over has said so.
        if (!RootlessMode.IsOn) foreach (string feature in Refused) Mounts.FsConfigString(context, feature, "off");
        if (temporary) Mounts.FsConfigFlag(context, "volatile");
        if (label.Length > 0) Mounts.FsConfigString(context, "context", label);
        Mounts.FsConfigCreate(context);
        return Mounts.FsMount(context, 0);
    }

    /// <summary>
    /// Mounts directories over each other for reading, as detached as <see cref="Mount"/>. The topmost may be the upper
    /// directory of a container that runs; what that changes meanwhile is seen or isn't.
    /// </summary>
    /// <param name="lowers">Base first.</param>
    /// <param name="runDirectory">For the fall-back's passing mount point and an empty directory.</param>
    /// <param name="label">SELinux label of everything in it; empty for none.</param>
    public static Fd MountView(IReadOnlyList<string> lowers, string runDirectory, string label = "")
    {
        lowers = AtLeastTwo(lowers, runDirectory);
        if (KernelVersion.Current < AppendableLowers) return MountByOptions(
            lowers, (RootlessMode.IsOn ? ",userxattr" : "") + Labelled(label), runDirectory);
        using Fd context = Over(lowers);
        if (label.Length > 0) Mounts.FsConfigString(context, "context", label);
        Mounts.FsConfigCreate(context);
        return Mounts.FsMount(context, 0);
    }

    // An overlay that is being described, so far with its lower directories.
    private static Fd Over(IReadOnlyList<string> lowers)
    {
        Fd context = Mounts.FsOpen("overlay");
        Mounts.FsConfigString(context, "source", "overlay");
        if (RootlessMode.IsOn) Mounts.FsConfigFlag(context, "userxattr");
        for (int i = lowers.Count - 1; i >= 0; i--) Mounts.FsConfigString(context, "lowerdir+", lowers[i]);
        return context;
    }

    /// <summary>The option of mount(2) for a label, whose commas have to be quoted.</summary>
    internal static string Labelled(string label) => label.Length > 0 ? $",context=\"{label}\"" : "";

    // An overlay without an upper directory wants two others.
    internal static IReadOnlyList<string> AtLeastTwo(IReadOnlyList<string> lowers, string runDirectory)
    {
        for (int i = lowers.Count; i < 2; i++) lowers = [EmptyLower(runDirectory, i), .. lowers];
        return lowers;
    }

    // An image may have no layers at all (`FROM scratch` and nothing but labels); an overlay wants one below its upper.
    internal static string EmptyLower(string runDirectory, int number)
    {
        string empty = Path.Combine(runDirectory, $"empty{number}");
        Files.MakeDirectories(empty, 0x1ED);
        return empty;
    }

    // mount(2) takes a page of options: layers are named by descriptors to stay short. The mount is attached for a
    // moment only.
    private static Fd MountByOptions(IReadOnlyList<string> lowers, string further, string runDirectory)
    {
        var layers = new List<Fd>();
        string target = Path.Combine(runDirectory, "rootfs");
        Files.MakeDirectories(target);
        try
        {
            var names = new List<string>();
            for (int i = lowers.Count - 1; i >= 0; i--)
            {
                layers.Add(Files.Open(lowers[i], OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));
                names.Add($"/proc/self/fd/{layers[^1].Number}");
            }
            string options = $"lowerdir={string.Join(':', names)}{further}";
            Mounts.Mount("overlay", target, "overlay", 0, options);
            try
            {
                return Mounts.CloneTree(Fd.Cwd, target, recursive: false);
            }
            finally
            {
                Mounts.TryUnmount(target, detach: true);
            }
        }
        finally
        {
            foreach (Fd layer in layers) layer.Dispose();
        }
    }
}
