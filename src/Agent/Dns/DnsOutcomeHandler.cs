namespace Skiff.Agent.Dns;

/// <summary>Tells a client what came of its question.</summary>
internal delegate void DnsOutcomeHandler(Waiter waiter, in DnsOutcome outcome);
