namespace Skiff.Interop.Netlink;

/// <summary>What a notification of rtnetlink is about.</summary>
public enum RouteNoticeKind
{
    /// <summary>Something else.</summary>
    Other,

    /// <summary>A link is new, or has changed.</summary>
    Link,

    /// <summary>A link is gone.</summary>
    LinkGone,

    /// <summary>An address is new, or has changed.</summary>
    Address,

    /// <summary>An address is gone.</summary>
    AddressGone,

    /// <summary>A route is new, or has changed.</summary>
    Route,

    /// <summary>A route is gone.</summary>
    RouteGone,

    /// <summary>A setting below net.ipv4.conf.all or net.ipv6.conf.all has changed, such as forwarding.</summary>
    Settings,
}
