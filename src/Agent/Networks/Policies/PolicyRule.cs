namespace Skiff.Agent.Networks.Policies;

/// <summary>Something that is allowed: connections with any of these peers, at any of these ports.</summary>
/// <param name="Line">Where it stands in the policy's file.</param>
/// <param name="Peers">None is everybody.</param>
/// <param name="Ports">Of who is called; none is all, of every protocol.</param>
internal sealed record PolicyRule(int Line, PolicyPeer[] Peers, PolicyPorts[] Ports);
