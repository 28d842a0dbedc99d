using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Plan;

/// <summary>
/// Steps that find and make places below a container's root. The kernel resolves every path with that root as its
/// boundary, mounts that earlier steps attached included, so no symlink of the image leads out of it.
/// </summary>
/// <param name="program">The program that gets the steps.</param>
/// <param name="root">The root's mount.</param>
internal sealed class InsideRoot(LaunchProgram program, Fd root)
{
    private const ResolveFlags Inside = ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS;
    private const uint DirectoryMode = 0x1ED, EmptyFile = 0x8000 | 0x1A4;

    /// <summary>The root's mount.</summary>
    public Fd Root => root;

    /// <summary>
    /// The directory or file at a path, made with all that is missing above it where it is not there. The argument is
    /// its descriptor (O_PATH).
    /// </summary>
    /// <param name="path">Below the root.</param>
    /// <param name="directory">What is to be made.</param>
    /// <param name="real">Whether a symlink on the way is refused.</param>
    public StepArgument Ensure(string path, bool directory, bool real = false)
    {
        string relative = Relative(path);
        ResolveFlags resolve = real ? Inside | ResolveFlags.RESOLVE_NO_SYMLINKS : Inside;
        LaunchMemory descriptor = program.Reserve(sizeof(long));
        LaunchStep found = program.StoreResult(
            program.OpenAt2(root, relative, OpenFlags.O_PATH, resolve, 0, OnError.Ignoring(Errno.ENOENT)), descriptor);
        StepArgument parent = MakeParents(relative);
        string name = relative[(relative.LastIndexOf('/') + 1)..];
        if (directory) program.MkdirAt(parent, name, DirectoryMode, OnError.Ignoring(Errno.EEXIST));
        else program.MknodAt(parent, name, EmptyFile, 0, 0, OnError.Ignoring(Errno.EEXIST));
        program.StoreResult(program.OpenAt2(root, relative, OpenFlags.O_PATH, resolve), descriptor);
        program.AfterSuccessContinueHere(found);
        return StepArgument.ValueAt(descriptor);
    }

    /// <summary>The directory that holds a path, made where it is missing, and the path's last name.</summary>
    public (StepArgument Directory, string Name) EnsureParent(string path)
    {
        string relative = Relative(path);
        int slash = relative.LastIndexOf('/');
        return (slash < 0 ? root : Ensure(relative[..slash], directory: true), relative[(slash + 1)..]);
    }

    /// <summary>Opens what is there.</summary>
    public LaunchStep Open(string path, OpenFlags flags, OnError onError = default) =>
        program.OpenAt2(root, Relative(path), flags, Inside, 0, onError);

    // One name at a time in a directory that the kernel has found inside: a symlink in between is followed inside too.
    private StepArgument MakeParents(string relative)
    {
        StepArgument parent = root;
        for (int at = relative.IndexOf('/'), from = 0; at >= 0; from = at + 1, at = relative.IndexOf('/', from))
        {
            program.MkdirAt(parent, relative[from..at], DirectoryMode, OnError.Ignoring(Errno.EEXIST));
            parent = program.OpenAt2(root, relative[..at], OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, Inside);
        }
        return parent;
    }

    private static string Relative(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 0 ? "." : string.Join('/', parts);
    }
}
