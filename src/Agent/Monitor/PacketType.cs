namespace Skiff.Agent.Monitor;

/// <summary>
/// First byte of every packet between a monitor and its clients (AF_UNIX, SOCK_SEQPACKET). The rest is the payload; a
/// packet
/// is at most <see cref="Packet.MaxBytes"/> long.
/// </summary>
internal enum PacketType : byte
{
    /// <summary>Client: start the container; payload is <see cref="StartRequest"/>.</summary>
    Start = 1,

    /// <summary>Client: subscribe to output; payload is one byte of <see cref="AttachStreams"/>.</summary>
    Attach,

    /// <summary>Client: bytes for the container's stdin.</summary>
    Stdin,

    /// <summary>Client: no more stdin from this client.</summary>
    StdinEnd,

    /// <summary>Client: window size; payload is rows and columns, two bytes each, little endian.</summary>
    Resize,

    /// <summary>Client: send a signal to the first process; payload is one byte.</summary>
    Signal,

    /// <summary>
    /// Client: run one more process inside; payload is <see cref="ExecRequest"/>, stdio fds attached.
    /// </summary>
    Exec,

    /// <summary>Client: window size of the exec of this connection; as <see cref="Resize"/>.</summary>
    ExecResize,

    /// <summary>Client: signal for the exec of this connection; one byte.</summary>
    ExecSignal,

    /// <summary>Client: whatever the restart policy says, the container is not started again.</summary>
    NoRestart,

    /// <summary>Client: lend it the container's terminal, of this run and of each later one.</summary>
    Keep,

    /// <summary>Client: the container has joined or left a network.</summary>
    Networks,

    /// <summary>Monitor: the container, or the exec, has started; payload is the PID, four bytes.</summary>
    Started = 32,

    /// <summary>Monitor: it could not start; payload is <see cref="FailureReport"/>.</summary>
    Failed,

    /// <summary>Monitor: output.</summary>
    Stdout,

    /// <summary>Monitor: error output.</summary>
    Stderr,

    /// <summary>
    /// Monitor: it ended and everything is recorded and cleaned up; payload is the exit code, four bytes.
    /// </summary>
    Exited,

    /// <summary>Monitor: the exec's terminal; payload is empty, one fd attached.</summary>
    ExecTerminal,

    /// <summary>
    /// Monitor: the container's terminal, one fd attached; payload is the PID of its first process, four bytes.
    /// </summary>
    Kept,
}
