namespace Skiff.Interop.Netlink;

/// <summary>Where in the packet's way a base chain sits (NF_INET_*).</summary>
public enum NftHook
{
    /// <summary>Received, not routed yet.</summary>
    Prerouting = 0,

    /// <summary>For this host.</summary>
    Input = 1,

    /// <summary>Passing through.</summary>
    Forward = 2,

    /// <summary>Made by this host.</summary>
    Output = 3,

    /// <summary>About to leave.</summary>
    Postrouting = 4,

    /// <summary>Just received by one link, which the chain names.</summary>
    Ingress = 5,
}
