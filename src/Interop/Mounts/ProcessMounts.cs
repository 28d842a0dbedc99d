using Skiff.Interop.Processes;

namespace Skiff.Interop.Mounts;

/// <summary>Mounts of another process' mount namespace.</summary>
public static class ProcessMounts
{
    /// <summary>
    /// A detached copy of what a process sees at a directory. A child that enters the process' mount namespace makes
    /// it: the kernel copies mounts of the caller's own namespace only. No symlink is followed.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="path">Relative to the root of its mount namespace.</param>
    /// <exception cref="LaunchException">ENOENT, ELOOP: there is no such directory.</exception>
    public static Fd Clone(PidFd process, string path)
    {
        using var program = new LaunchProgram { Subject = $"sharing /{path}" };
        program.SetNs(process.Fd, CloneFlags.CLONE_NEWNS);
        LaunchStep place = program.OpenAt2(Fd.Cwd, path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY,
            ResolveFlags.RESOLVE_NO_SYMLINKS | ResolveFlags.RESOLVE_BENEATH);
        LaunchStep tree = program.Keep(program.OpenTree(
            place, "", MountConstants.OPEN_TREE_CLONE | MountConstants.AT_EMPTY_PATH));
        program.Exit();
        using LaunchedProcess child = Launcher.Start(program, new LaunchOptions { ShareFiles = true });
        child.PidFd.Wait();
        return program.TakeFd(tree);
    }
}
