using System.Runtime.InteropServices;
using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Cli;

/// <summary>Pulls, showing progress; Ctrl-C ends it cleanly.</summary>
internal static class Pulling
{
    private const int Interrupted = 130, Terminated = 143;

    /// <summary>Pulls an image and returns it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="reference">Its name.</param>
    /// <param name="platform">os/arch[/variant], or null for the host's.</param>
    /// <param name="view">Shows progress.</param>
    /// <param name="options">How to ask; null for what holds for the engine.</param>
    /// <exception cref="UsageException">A signal has ended it.</exception>
    public static Image Pull(
        Engine engine, Reference reference, string? platform, ProgressView view, RegistryOptions? options = null)
    {
        Platform? wanted = platform is null ? null : Platform.Parse(platform);
        using var cancel = new CancellationTokenSource();
        int exitCode = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, Interrupted));
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, Terminated));
        return view.Run(progress =>
        {
            try
            {
                return engine.Pull(reference, wanted, options, progress, cancel.Token).Image;
            }
            catch (OperationCanceledException) when (exitCode != 0)
            {
                throw new UsageException(
                    $"pull {reference.Familiar}: interrupted; the next pull takes up what could be kept", exitCode);
            }
        });

        void End(PosixSignalContext context, int code)
        {
            (context.Cancel, exitCode) = (true, code);
            cancel.Cancel();
        }
    }
}
