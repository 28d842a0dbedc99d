namespace Skiff.Interop;

/// <summary>SO_PEERCRED: who was at the other end when the connection was made.</summary>
/// <param name="Pid">Process id in our pid namespace; 0 when it has none there.</param>
/// <param name="Uid">Effective user id.</param>
/// <param name="Gid">Effective group id.</param>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);
