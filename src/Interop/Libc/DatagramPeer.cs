namespace Skiff.Interop;

/// <summary>Where a datagram came from, and an answer goes to.</summary>
/// <param name="Address">IPv4, in network byte order.</param>
/// <param name="Port">In network byte order.</param>
public readonly record struct DatagramPeer(uint Address, ushort Port);
