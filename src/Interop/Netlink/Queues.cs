using System.Runtime.InteropServices;

namespace Skiff.Interop.Netlink;

/// <summary>How links send (RTM_*QDISC of rtnetlink(7), tc(8)).</summary>
public static class Queues
{
    private const int HeaderSize = 20; // struct tcmsg
    private const int ParametersSize = 36; // struct tc_tbf_qopt, which begins with two of struct tc_ratespec.
    private const int LimitAt = 24;

    // A tick of the kernel's timer has to be bridged, and one packet of a sender that leaves cutting to the device.
    private const int BurstsPerSecond = 100, LeastBurstBytes = 64 * 1024;

    // What waits longer than this is dropped, so that senders slow down.
    private const int QueuesPerSecond = 20;

    /// <summary>
    /// Has a link send no faster than this: a token bucket (tbf) takes the place of its queue, whatever that was.
    /// ENOENT when the kernel has none such.
    /// </summary>
    public static void Limit(NetlinkBatch batch, int linkIndex, long bytesPerSecond, string? label = null)
    {
        batch.Begin(Rtnetlink.RTM_NEWQDISC, NetlinkFlags.NLM_F_CREATE | NetlinkFlags.NLM_F_REPLACE, "RTM_NEWQDISC",
            label);
        AddHeader(batch, linkIndex);
        batch.PutString(Rtnetlink.TCA_KIND, "tbf");
        int options = batch.BeginNest(Rtnetlink.TCA_OPTIONS);
        uint burst = (uint)Math.Clamp(bytesPerSecond / BurstsPerSecond, LeastBurstBytes, int.MaxValue);
        Span<byte> parameters = batch.Attribute(Rtnetlink.TCA_TBF_PARMS, ParametersSize);
        parameters[1] = Rtnetlink.TC_LINKLAYER_ETHERNET;
        MemoryMarshal.Write(parameters[8..], (uint)Math.Min(bytesPerSecond, uint.MaxValue));
        MemoryMarshal.Write(
            parameters[LimitAt..], (uint)Math.Min(burst + bytesPerSecond / QueuesPerSecond, int.MaxValue));
        if (bytesPerSecond > uint.MaxValue)
            MemoryMarshal.Write(batch.Attribute(Rtnetlink.TCA_TBF_RATE64, 8), bytesPerSecond);
        batch.PutUInt32(Rtnetlink.TCA_TBF_BURST, burst);
        batch.EndNest(options);
    }

    /// <summary>Gives a link the queue back that it is made with. ENOENT when it has that.</summary>
    public static void Reset(NetlinkBatch batch, int linkIndex, string? label = null)
    {
        batch.Begin(Rtnetlink.RTM_DELQDISC, NetlinkFlags.None, "RTM_DELQDISC", label);
        AddHeader(batch, linkIndex);
    }

    private static void AddHeader(NetlinkBatch batch, int linkIndex)
    {
        Span<byte> header = batch.Reserve(HeaderSize);
        MemoryMarshal.Write(header[4..], linkIndex);
        MemoryMarshal.Write(header[12..], Rtnetlink.TC_H_ROOT);
    }
}
