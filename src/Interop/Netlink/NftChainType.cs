namespace Skiff.Interop.Netlink;

/// <summary>The kind of a base chain.</summary>
public enum NftChainType
{
    /// <summary>Decides about packets.</summary>
    Filter = 0,

    /// <summary>Sees the first packet of a connection only; its choice holds for all others.</summary>
    Nat = 1,
}
