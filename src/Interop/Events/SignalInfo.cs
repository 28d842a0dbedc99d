namespace Skiff.Interop.Events;

/// <summary>One signal that arrived.</summary>
/// <param name="Signal">Its number.</param>
/// <param name="Code">Why (SI_* and CLD_* of sigaction(2)).</param>
/// <param name="Pid">Who sent it, or which child changed; 0 for the kernel or another pid namespace.</param>
/// <param name="Uid">The sender's user id.</param>
/// <param name="Status">SIGCHLD: exit code or signal.</param>
public readonly record struct SignalInfo(int Signal, int Code, int Pid, uint Uid, int Status);
