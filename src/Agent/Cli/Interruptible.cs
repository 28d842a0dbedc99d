using System.Runtime.InteropServices;

namespace Skiff.Agent.Cli;

/// <summary>Work that a user may break off, and that has to clean up after itself then.</summary>
internal static class Interruptible
{
    private const int Interrupted = 130; // 128 + SIGINT, as a shell has it.

    /// <summary>Runs it; SIGINT and SIGTERM cancel, and the exit code says so.</summary>
    /// <param name="work">Returns the exit code.</param>
    public static int Run(Func<CancellationToken, int> work)
    {
        using var cancel = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        try
        {
            return work(cancel.Token);
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }

        void Cancel(PosixSignalContext context)
        {
            context.Cancel = true;
            cancel.Cancel();
        }
    }
}
