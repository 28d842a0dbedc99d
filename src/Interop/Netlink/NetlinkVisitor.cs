namespace Skiff.Interop.Netlink;

/// <summary>
/// Called for every data message of an answer; <paramref name="message"/> is valid during the call only.
/// </summary>
/// <typeparam name="TState">What the visitor fills; passed by reference so that no closure is needed.</typeparam>
public delegate void NetlinkVisitor<TState>(NetlinkMessage message, ref TState state);
