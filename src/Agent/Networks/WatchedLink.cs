using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>What the watch remembers of a link.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsBridge">A bridge; otherwise the host's end of a container's veth.</param>
/// <param name="IsUp">IFF_UP.</param>
/// <param name="Works">Up, and somebody is at the other end.</param>
/// <param name="Master">The bridge that it is a port of; 0 for none.</param>
internal sealed record WatchedLink(string Name, bool IsBridge, bool IsUp, bool Works, int Master)
{
    /// <summary>Null for a link of no concern.</summary>
    public static WatchedLink? Of(in LinkInfo link) =>
        link.Kind == "bridge" || link.Kind == "veth" && NetworkNames.IsVeth(link.Name)
            ? new WatchedLink(link.Name, link.Kind == "bridge", link.IsUp, link is { IsUp: true, HasCarrier: true },
                link.Master)
            : null;
}
