using Skiff.Agent.Oci;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci run</c>.</summary>
internal sealed class OciRunVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci run";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID";

    /// <inheritdoc/>
    public override string Summary => "Create a container of a bundle, start it, and delete it when it has ended";

    /// <inheritdoc/>
    public override Option[] Options =>
    [
        .. CreateOptions.Table,
        Option.Flag("detach", "Leave it once it runs", 'd'),
        Option.Flag("keep", "Do not delete it"),
    ];

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        ReadOnlySelf.ExecuteAgain();
        bool detach = arguments.Flag("detach");
        CreateRequest request = CreateOptions.Read(arguments);
        using var console = ConsoleSocket.Open(
            request.Process.Terminal, arguments.Value("console-socket"), detach);
        OciContainer container = new ContainerCreation(
            Runtime, request with { ConsoleSocket = console.ForChild }).Create();
        try
        {
            int code = Run(container, console, detach);
            if (!detach && !arguments.Flag("keep")) ContainerRemoval.Delete(container, force: true, Runtime.Log);
            return code;
        }
        catch
        {
            ContainerRemoval.Delete(container, force: true, Runtime.Log);
            throw;
        }
    }

    private static int Run(OciContainer container, ConsoleSocket console, bool detach)
    {
        PidFd process = container.RequireProcess("start");
        using (process)
        using (Foreground? foreground = detach ? null : new Foreground(process, console.Receive()))
        {
            ContainerStart.Start(container);
            return foreground?.Run() ?? 0;
        }
    }
}
