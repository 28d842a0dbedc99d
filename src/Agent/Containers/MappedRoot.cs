using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// The overlay of a container with a map of ids. overlayfs takes the map from the mounts that its layers are given by
/// (Linux 5.19), and these have to be attached: a child does it in a mount namespace of its own, of which nothing but
/// the finished overlay is left.
/// </summary>
internal static class MappedRoot
{
    private const uint Clone = MountConstants.OPEN_TREE_CLONE;

    /// <summary>As <see cref="RootFilesystem.Mount"/>, with the map.</summary>
    public static Fd Mount(
        IReadOnlyList<string> lowers, string directory, string runDirectory, bool temporary, string label,
        UserMapping mapping)
    {
        // The overlay that served to prepare this one was volatile, and has said so.
        Trees.Remove(Path.Combine(directory, "work", "work", "incompat"));
        if (lowers.Count == 0) lowers = [RootFilesystem.EmptyLower(runDirectory, 0)];
        string features = string.Concat(RootFilesystem.Refused.Select(feature => $",{feature}=off"));
        return Mount(lowers, directory, runDirectory, mapping, $",upperdir=own/upper,workdir=own/work{features}"
            + (temporary ? ",volatile" : "") + RootFilesystem.Labelled(label));
    }

    /// <summary>As <see cref="RootFilesystem.MountView"/>, with the map.</summary>
    public static Fd MountView(IReadOnlyList<string> lowers, string runDirectory, string label, UserMapping mapping) =>
        Mount(RootFilesystem.AtLeastTwo(lowers, runDirectory), null, runDirectory, mapping,
            RootFilesystem.Labelled(label));

    private static Fd Mount(
        IReadOnlyList<string> lowers, string? own, string runDirectory, UserMapping mapping, string options)
    {
        string places = Path.Combine(runDirectory, "layers");
        for (int i = 0; i < lowers.Count; i++) Files.MakeDirectories(Path.Combine(places, $"{i}"));
        foreach (string name in (ReadOnlySpan<string>)["own", "root"])
            Files.MakeDirectories(Path.Combine(places, name));
        using var program = new LaunchProgram { Subject = "mounting layers with the container's ids" };
        program.MountSetAttr(Fd.Cwd, "/", MountConstants.AT_RECURSIVE, 0, 0, MountConstants.MS_PRIVATE);
        program.Chdir(places);
        for (int i = 0; i < lowers.Count; i++) Attach(program, lowers[i], $"{i}", mapping);
        if (own is not null) Attach(program, own, "own", mapping);
        // What overlayfs makes for itself has to have an owner that the map knows.
        program.ActAs(mapping.RootUid, mapping.RootGid);
        program.Mount("overlay", "root", "overlay", 0,
            $"lowerdir={string.Join(':', Enumerable.Range(0, lowers.Count).Reverse())}{options}");
        LaunchStep root = program.Keep(program.OpenTree(Fd.Cwd, "root", Clone));
        program.Exit();
        using LaunchedProcess child = Launcher.Start(
            program, new LaunchOptions { Namespaces = CloneFlags.CLONE_NEWNS, ShareFiles = true });
        child.PidFd.Wait();
        return program.TakeFd(root);
    }

    private static void Attach(LaunchProgram program, string source, string target, UserMapping mapping)
    {
        LaunchStep tree = program.OpenTree(Fd.Cwd, source, Clone);
        program.MapIds(tree, mapping.Namespace, source);
        program.MoveMount(tree, Fd.Cwd, target);
    }
}
