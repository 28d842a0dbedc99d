using Skiff.Interop;
using Skiff.Interop.Processes;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Agent.Oci.Plan;

/// <summary>
/// The steps that cover maskedPaths and make readonlyPaths so, before pivot_root(2): what covers a file is the host's
/// /dev/null by its own path, never a file of the container (CVE-2025-31133).
/// </summary>
/// <param name="program">The program that gets the steps.</param>
/// <param name="inside">The container's root.</param>
/// <param name="label">SELinux label of what covers; empty for none.</param>
internal sealed class MaskPlan(LaunchProgram program, InsideRoot inside, string label)
{
    private const ulong NoSuidNoDevNoExec = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

    private LaunchStep? _null;

    /// <summary>Covers a file by /dev/null, a directory by an empty one; what is not there needs nothing.</summary>
    public void Mask(string path)
    {
        LaunchStep device = _null ??= program.OpenAt(Fd.Cwd, "/dev/null", OpenFlags.O_PATH);
        LaunchStep directory = inside.Open(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY,
            OnError.Ignoring(Errno.ENOENT, Errno.EACCES));
        LaunchStep empty = EmptyDirectory();
        LaunchStep covered = program.MoveMountTo(empty, directory, path);
        program.AfterOtherErrorContinueHere(directory); // ENOTDIR: it is a file.
        LaunchStep file = inside.Open(path, OpenFlags.O_PATH,
            OnError.SkipNext(2, Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES));
        LaunchStep cover = program.OpenTree(device, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
        program.MoveMountTo(cover, file, path);
        program.AfterSuccessContinueHere(covered);
        program.AfterListedErrorContinueHere(directory);
    }

    /// <summary>Makes what is there read-only, with the mounts below.</summary>
    public void MakeReadOnly(string path)
    {
        LaunchStep location = inside.Open(path, OpenFlags.O_PATH, OnError.Ignoring(Errno.ENOENT, Errno.EACCES));
        LaunchStep tree = program.OpenTree(location, "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH);
        program.MountSetAttr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_RDONLY);
        program.MoveMountTo(tree, location, path);
        program.AfterListedErrorContinueHere(location);
    }

    // A filesystem of its own each: whether an earlier one was made is known when the steps run, not now.
    private LaunchStep EmptyDirectory()
    {
        LaunchStep context = program.FsOpen("tmpfs");
        program.FsConfigString(context, "source", "tmpfs", OnError.Ignore);
        program.FsConfigString(context, "nr_inodes", "2");
        if (label.Length > 0) program.FsConfigString(context, "context", label);
        program.FsConfigCreate(context, "tmpfs");
        return program.FsMount(context, MOUNT_ATTR_RDONLY | NoSuidNoDevNoExec);
    }
}
