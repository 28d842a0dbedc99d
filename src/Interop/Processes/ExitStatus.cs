namespace Skiff.Interop.Processes;

/// <summary>
/// How a process ended: by exit(2) with <paramref name="Code"/>, or by <paramref name="Signal"/> when that is not 0.
/// </summary>
/// <param name="Code">0 to 255; 0 when a signal ended it.</param>
/// <param name="Signal">The signal's number, or 0.</param>
/// <param name="CoreDumped">Whether the kernel wrote a core file.</param>
public readonly record struct ExitStatus(int Code, int Signal, bool CoreDumped)
{
    /// <summary>The one number that shells and Docker show: the code, or 128 plus the signal.</summary>
    public int ShellCode => Signal == 0 ? Code : 128 + Signal;

    /// <summary>From a status as wait(2) gives it.</summary>
    internal static ExitStatus OfWait(int status) => (status & 0x7F) == 0
        ? new ExitStatus((status >> 8) & 0xFF, 0, false)
        : new ExitStatus(0, status & 0x7F, (status & 0x80) != 0);

    /// <inheritdoc/>
    public override string ToString() =>
        Signal == 0 ? $"exit code {Code}" : $"signal {Signals.NameOf(Signal)}{(CoreDumped ? ", core dumped" : "")}";
}
