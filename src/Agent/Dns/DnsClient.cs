using Skiff.Interop;

namespace Skiff.Agent.Dns;

/// <summary>Whom an answer goes to.</summary>
/// <param name="Peer">Where the question came from, by UDP.</param>
/// <param name="Connection">The connection that it came over; null is UDP.</param>
internal readonly record struct DnsClient(DatagramPeer Peer, TcpClient? Connection);
