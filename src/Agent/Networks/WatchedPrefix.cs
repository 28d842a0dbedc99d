using System.Net;

namespace Skiff.Agent.Networks;

/// <summary>Where some addresses of the host lead.</summary>
/// <param name="Prefix">A route's destination, or an address as a network of one.</param>
/// <param name="LinkIndex">The interface.</param>
internal sealed record WatchedPrefix(IPNetwork Prefix, int LinkIndex);
