namespace Skiff.Interop.Netlink;

/// <summary>A chain of nf_tables, of whomever.</summary>
/// <param name="Family">NFPROTO_* of its table.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Its name.</param>
/// <param name="Hook">Where it sits in the packet's way; null for a chain that others jump to.</param>
/// <param name="IsClosed">Its policy is to drop what no rule decides about.</param>
/// <param name="Uses">How many rules it has and how many jump to it, together.</param>
public sealed record NftChainInfo(byte Family, string Table, string Name, NftHook? Hook, bool IsClosed, int Uses);
