using System.Text;
using Skiff.Agent.Cli.Copying;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Terminals;
using Skiff.Layers.Archives;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>cp</c>: files from and to containers, running or not.</summary>
internal sealed class CpVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("archive", "Archive mode (copy all uid/gid information)", 'a'),
        Option.Flag("follow-link", "Always follow symbol link in SRC_PATH", 'L'),
        Option.Flag("quiet",
            "Suppress progress output during copy (it is suppressed if no terminal is attached, too)", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "cp";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH";

    /// <inheritdoc/>
    public override string Summary => "Copy files/folders between a container and the local filesystem";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 2;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (arguments.Positional[0].Length == 0) throw new UsageException("source can not be empty");
        if (arguments.Positional[1].Length == 0) throw new UsageException("destination can not be empty");
        var (from, source) = CopyPath.Split(arguments.Positional[0]);
        var (to, target) = CopyPath.Split(arguments.Positional[1]);
        if (from is not null && to is not null)
            throw new UsageException("copying between containers is not supported");
        if ((from ?? to) is not { } container)
            throw new UsageException("must specify at least one container source");
        ContainerConfig config = engine.Containers.Find(container);
        return Interruptible.Run(cancellation =>
        {
            using ContainerTree tree = engine.OpenTree(config, writable: to is not null);
            engine.Events.Write(config, to is null ? "archive-path" : "extract-to-dir");
            using Fd host = Files.Open("/", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            bool follow = arguments.Flag("follow-link");
            if (from is not null)
            {
                CopyPath path = CopyPath.InContainer(tree.Root, container, source);
                if (target == "-") ToOutput(path, follow, tree, cancellation);
                else Copy(path, CopyPath.OnHost(host, target), tree, arguments, cancellation);
            }
            else
            {
                CopyPath path = CopyPath.InContainer(tree.Root, container, target);
                ContainerArchive.Writing(tree, path, () =>
                {
                    if (source == "-") FromInput(path, tree, cancellation);
                    else Copy(CopyPath.OnHost(host, source), path, tree, arguments, cancellation);
                });
            }
            return 0;
        });
    }

    private static void Copy(CopyPath from, CopyPath to, ContainerTree tree, ParsedArguments arguments,
        CancellationToken cancellation)
    {
        bool isOut = from.Container is not null;
        TreeSource source = CopyEnds.OpenSource(
            from, arguments.Flag("follow-link"), isOut ? tree.DevMount : 0, out bool isDirectory);
        using Fd opened = source.Directory;
        var place = CopyEnds.Place(Encoding.UTF8.GetString(source.NewName), isDirectory, to);
        using Fd directory = CopyEnds.OpenTarget(place.Path, place.Directory);
        // As docker does it in fact: what goes into a container keeps its numbers with and without -a.
        bool keepOwner = to.Container is not null || arguments.Flag("archive");
        long bytes = TreeTransfer.Copy(
            source with { NewName = Encoding.UTF8.GetBytes(place.Name), Owners = isOut ? tree.Owners : null },
            new TreeTarget(directory, [], place.Directory, TreeTransfer.Beneath, keepOwner,
                isOut ? null : tree.Owners), cancellation);
        if (arguments.Flag("quiet", byDefault: !Termios.IsTerminal(Fd.Borrow(1)))) return;
        Output.Error($"Successfully copied {HumanSize.Decimal(bytes)} to "
            + (to.Container is null ? to.Path : $"{to.Container}:{to.Given}"));
    }

    private static void ToOutput(CopyPath from, bool follow, ContainerTree tree, CancellationToken cancellation)
    {
        using Fd output = Fd.Borrow(1);
        ContainerArchive.Write(tree, from, follow, piece => Files.WriteAll(output, piece), cancellation);
    }

    private static void FromInput(CopyPath to, ContainerTree tree, CancellationToken cancellation)
    {
        CopyPath path = to.FollowLinks();
        Errno errno = path.TryOpenDirectory(path.Path, out Fd? directory);
        directory?.Dispose();
        if (errno != Errno.None)
            throw new UsageException($"destination \"{to.Container}:{to.Given}\" must be a directory");
        ContainerArchive.Extract(tree, to, LayerImport.Input(Fd.Borrow(0)), replaces: false, cancellation);
    }
}
