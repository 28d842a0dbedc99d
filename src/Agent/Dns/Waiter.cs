namespace Skiff.Agent.Dns;

/// <summary>A client that waits for an answer from elsewhere.</summary>
/// <param name="Client">Who.</param>
/// <param name="Query">What it asked.</param>
/// <param name="Message">Its message's header and question.</param>
internal sealed record Waiter(DnsClient Client, DnsQuery Query, byte[] Message);
