using System.Runtime.InteropServices;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Cli;

/// <summary>Pulls with Docker's lines on a stream of choice; Ctrl-C ends it cleanly.</summary>
internal static class Pulling
{
    private const int Interrupted = 130, Terminated = 143;

    /// <summary>Pulls <paramref name="name"/> and returns the image.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">As the user typed it.</param>
    /// <param name="platform">os/arch[/variant], or null for the host's.</param>
    /// <param name="quiet">No progress.</param>
    /// <param name="toError">Progress goes to standard error, since standard output is the container's.</param>
    /// <param name="options">How to ask; null for what holds for the engine.</param>
    /// <exception cref="UsageException">A signal has ended it.</exception>
    public static Image Pull(
        Engine engine, string name, string? platform, bool quiet, bool toError, RegistryOptions? options = null)
    {
        Reference reference = Reference.Parse(name);
        using var cancel = new CancellationTokenSource();
        int exitCode = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, Interrupted));
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, Terminated));
        using var writer = quiet ? TextWriter.Null : new FdWriter(Fd.Borrow(toError ? 2 : 1));
        var progress = new PullText(writer);
        progress.Begin(reference, tellDefaultTag: !toError);
        try
        {
            var puller = new ImagePuller(
                engine.Images, options, makeRoom: (bytes, layers) => engine.MakeRoomFor(bytes, layers, Output.Error));
            PullResult result = puller.PullAsync(
                reference, platform is null ? null : Platform.Parse(platform), progress, cancel.Token)
                .GetAwaiter().GetResult();
            progress.End(reference, result);
            return result.Image;
        }
        catch (OperationCanceledException) when (exitCode != 0)
        {
            throw new UsageException(
                $"pull {reference.Familiar}: interrupted; the next pull takes up what could be kept", exitCode);
        }

        void End(PosixSignalContext context, int code)
        {
            (context.Cancel, exitCode) = (true, code);
            cancel.Cancel();
        }
    }
}
