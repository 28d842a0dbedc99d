using System.Text.Json;
using Skiff.Interop.Netlink;

namespace Skiff.Interop.Tests.Netlink;

public class NetlinkFilterTests
{
    private static readonly NftSet s_map = new()
    {
        Name = "ports",
        Key = [NftDataType.InetProtocol, NftDataType.InetService],
        Value = [NftDataType.Ipv4Address, NftDataType.InetService],
    };

    [Fact]
    public void Rules_read_back_by_nft_are_the_ones_that_were_meant() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_NETFILTER);
        using var batch = new NftBatch();
        batch.AddTable("t");
        batch.AddSet("t", s_map);
        batch.AddSet("t", new NftSet { Name = "names", Key = [NftDataType.InterfaceName] });
        batch.AddChain("t", "pre", NftChainType.Nat, NftHook.Prerouting, -100);
        batch.BeginRule("t", "pre");
        batch.DestinationType(NftBatch.Register);
        batch.Compare(NftCompare.Equal, NftBatch.Register, BitConverter.GetBytes(2));
        batch.Meta(NftMeta.TransportProtocol, NftBatch.Register);
        batch.Payload(NftPayloadBase.Transport, 2, 2, NftBatch.Register + 1);
        batch.FromMap("ports", NftBatch.Register, NftBatch.Register);
        batch.DestinationNat(NftBatch.Register, NftBatch.Register + 1);
        batch.EndRule();
        batch.AddChain("t", "fwd", NftChainType.Filter, NftHook.Forward, 5);
        batch.BeginRule("t", "fwd");
        batch.Conntrack(NftConntrack.Status, NftBatch.Register);
        batch.And(NftBatch.Register, BitConverter.GetBytes(0x20));
        batch.Compare(NftCompare.NotEqual, NftBatch.Register, BitConverter.GetBytes(0));
        batch.Meta(NftMeta.OutputInterfaceName, NftBatch.Register);
        batch.InSet("names", NftBatch.Register, invert: true);
        batch.Verdict(NftVerdict.Drop);
        batch.EndRule();
        batch.Commit(socket);

        string listing = FreshNetwork.Output("nft", "list", "table", "inet", "t");
        string[] lines = listing.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains("type inet_proto . inet_service : ipv4_addr . inet_service", lines);
        Assert.Contains("type nat hook prerouting priority dstnat; policy accept;", lines);
        Assert.Contains("fib daddr type local dnat ip to meta l4proto . th dport map @ports", lines);
        Assert.Contains("type filter hook forward priority filter + 5; policy accept;", lines);
        Assert.Contains("ct status dnat oifname != @names drop", lines);
    });

    [Fact]
    public void A_refused_transaction_changes_nothing_and_says_why() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_NETFILTER);
        using (var batch = new NftBatch())
        {
            batch.AddTable("t");
            batch.AddSet("nowhere", s_map);
            batch.AddTable("u");
            LinuxException refused = Assert.Throws<LinuxException>(() => batch.Commit(socket));
            Assert.Equal(Errno.ENOENT, refused.Errno);
            Assert.StartsWith("NFT_MSG_NEWSET(ports): ENOENT", refused.Message);
        }
        Assert.Equal("", FreshNetwork.Output("nft", "list", "ruleset"));
        Assert.False(NftBatch.Contains(socket, "t", "ports", new byte[8]));
        using (var batch = new NftBatch())
        {
            batch.AddTable("t");
            batch.Commit(socket);
        }
        Assert.Contains("table inet t", FreshNetwork.Output("nft", "list", "ruleset"));
    });

    [Fact]
    public void Creating_what_exists_is_fine_and_a_value_is_never_changed_silently() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_NETFILTER);
        Assert.Equal(Errno.None, Add(socket, port: 80, target: 1, exclusive: false));
        Assert.Equal(Errno.None, Add(socket, port: 80, target: 1, exclusive: false));
        Assert.Equal(Errno.EEXIST, Add(socket, port: 80, target: 1, exclusive: true));
        Assert.NotEqual(Errno.None, Add(socket, port: 80, target: 2, exclusive: false));
        Assert.True(NftBatch.Contains(socket, "t", "ports", [6, 0, 0, 0, 0, 80, 0, 0]));
        Assert.False(NftBatch.Contains(socket, "t", "ports", [6, 0, 0, 0, 0, 81, 0, 0]));
    });

    [Fact]
    public void Thousands_of_elements_go_in_and_out_in_one_transaction() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_NETFILTER);
        using (var batch = new NftBatch())
        {
            batch.AddTable("t");
            batch.AddSet("t", s_map);
            batch.BeginAddElements("t", "ports");
            for (int port = 1; port <= 5000; port++) batch.Element(Key(port), [10, 0, 0, 1, 0, 80, 0, 0]);
            batch.EndElements();
            batch.Commit(socket);
        }
        Assert.Equal(5000, Count());
        using (var batch = new NftBatch())
        {
            batch.BeginDeleteElements("t", "ports");
            for (int port = 1; port < 5000; port++) batch.Element(Key(port));
            batch.EndElements();
            batch.Commit(socket);
        }
        Assert.Equal(1, Count());
    });

    private static Errno Add(NetlinkSocket socket, int port, byte target, bool exclusive)
    {
        using var batch = new NftBatch();
        batch.AddTable("t");
        batch.AddSet("t", s_map);
        batch.BeginAddElements("t", "ports", exclusive);
        batch.Element(Key(port), [10, 0, 0, target, 0, 80, 0, 0]);
        batch.EndElements();
        return batch.TryCommit(socket).Errno;
    }

    private static byte[] Key(int port) => [6, 0, 0, 0, (byte)(port >> 8), (byte)port, 0, 0];

    private static int Count()
    {
        JsonElement listing = FreshNetwork.Json("nft", "-j", "list", "map", "inet", "t", "ports");
        return listing.GetProperty("nftables").EnumerateArray().Last()
            .GetProperty("map").GetProperty("elem").GetArrayLength();
    }
}
