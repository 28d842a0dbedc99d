using Skiff.Agent.Oci.Spec;
using Skiff.Interop;

namespace Skiff.Agent.Oci;

/// <summary>What exec is asked for.</summary>
/// <param name="Process">What is to run.</param>
/// <param name="ConsoleSocket">Where its terminal goes; null without one.</param>
/// <param name="PidFile">--pid-file.</param>
/// <param name="PreservedDescriptors">--preserve-fds.</param>
/// <param name="IgnorePaused">Whether a container that is paused is no error.</param>
internal sealed record ExecRequest(
    ProcessSpec Process, Fd? ConsoleSocket, string? PidFile, int PreservedDescriptors, bool IgnorePaused);
