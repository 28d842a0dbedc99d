using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>The table, and whether the host forwards.</summary>
internal sealed partial class NetworkWatch
{
    private const string Ipv4Forwarding = "/proc/sys/net/ipv4/ip_forward";
    private const string Ipv6Forwarding = "/proc/sys/net/ipv6/conf/all/forwarding";

    private bool _isTouched, _isForwardTouched;
    private string? _culprit;
    private int _culpritPid;
    private bool _isForwardingOff;

    private void OnTable(NetlinkMessage message)
    {
        var notice = new NftNotice(message);
        if (!notice.IsEnd)
        {
            // Whose it is, its end says: Linux 6.18 tells of elements without the number of their request.
            if (_isTouched && _isForwardTouched) return;
            string table = notice.Table;
            _isTouched |= table == _names.Table;
            _isForwardTouched |= table == ForeignForward.Table;
            return;
        }
        bool isDamaged = _isTouched && !message.IsOwn;
        if (_isForwardTouched && !message.IsOwn) _concern |= Concern.Forward;
        _isTouched = _isForwardTouched = false;
        if (!isDamaged) return;
        (_culprit, _culpritPid) = notice.Process();
        _concern |= Concern.Rules;
    }

    private void LookAtRules(HostSockets host)
    {
        string? culprit = _culprit;
        bool? wasThere = _bridge.ReplaceRules(host);
        _culprit = null;
        if (wasThere is not { } was || was && culprit is null) return;
        Report(new NetworkReport(NetworkChange.RulesRestored)
        {
            Table = $"inet {_names.Table}", Cause = was ? "changed" : "deleted", Process = culprit, Pid = _culpritPid,
        });
    }

    private void LookAtForward(HostSockets host)
    {
        if (_bridge.OpenForward(host))
            Report(new NetworkReport(NetworkChange.ForwardOpened) { Table = "filter", Cause = "policy drop" });
    }

    private void LookAtForwarding()
    {
        List<Endpoint> attached = _endpoints.List();
        bool isOff = attached.Count > 0 && (IsOff(Ipv4Forwarding)
            || attached.Exists(end => end.Ipv6Gateway is not null) && IsOff(Ipv6Forwarding));
        if (isOff == _isForwardingOff) return;
        _isForwardingOff = isOff;
        Report(new NetworkReport(isOff ? NetworkChange.ForwardingOff : NetworkChange.ForwardingOn)
        {
            Cause = !isOff ? null : IsOff(Ipv4Forwarding) ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding",
        });
    }

    private static bool IsOff(string path) => StateFile.TryRead(path) is [(byte)'0', ..];
}
