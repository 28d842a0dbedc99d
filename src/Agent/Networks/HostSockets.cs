using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>The sockets of one operation, in the host's network namespace; opened when first used.</summary>
internal sealed class HostSockets : IDisposable
{
    private NetlinkSocket? _route;
    private NetlinkSocket? _netfilter;

    /// <summary>rtnetlink.</summary>
    public NetlinkSocket Route => _route ??= NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);

    /// <summary>nfnetlink.</summary>
    public NetlinkSocket Netfilter => _netfilter ??= NetlinkSocket.Open(NetlinkFamily.NETLINK_NETFILTER);

    /// <inheritdoc/>
    public void Dispose()
    {
        _route?.Dispose();
        _netfilter?.Dispose();
    }
}
