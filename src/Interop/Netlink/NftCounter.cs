namespace Skiff.Interop.Netlink;

/// <summary>What a counter has counted.</summary>
/// <param name="Name">Its name, unique in its table.</param>
/// <param name="Packets">How many.</param>
/// <param name="Bytes">How long they were, from their IP headers on.</param>
public sealed record NftCounter(string Name, ulong Packets, ulong Bytes);
