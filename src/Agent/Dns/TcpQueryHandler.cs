namespace Skiff.Agent.Dns;

/// <summary>Takes a message that came over a connection; valid for the call.</summary>
internal delegate void TcpQueryHandler(TcpClient client, ReadOnlySpan<byte> message);
