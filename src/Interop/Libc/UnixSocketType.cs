namespace Skiff.Interop;

/// <summary>SOCK_* of unix(7).</summary>
public enum UnixSocketType
{
    /// <summary>A stream of bytes.</summary>
    SOCK_STREAM = 1,

    /// <summary>Packets that nobody confirms; connecting names the receiver.</summary>
    SOCK_DGRAM = 2,

    /// <summary>A connection of packets: each receive returns one send.</summary>
    SOCK_SEQPACKET = 5,
}
