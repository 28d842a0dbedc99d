using System.Net;
using System.Text.Json;
using Skiff.Interop.Netlink;

namespace Skiff.Interop.Tests.Netlink;

public class NetlinkRouteTests
{
    [Fact]
    public void Bridge_and_veth_into_another_namespace_look_to_ip_as_asked() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        (Fd ns, NetlinkSocket inside) = FreshNetwork.Another();
        using (ns)
        using (inside)
        {
            Assert.True(MacAddress.TryParse("02:42:0a:09:08:07", out MacAddress mac));
            LinkInfo bridge = MakeBridge(socket, "br0");
            using var batch = new NetlinkBatch();
            Links.AddVeth(batch, new VethPair
            {
                Name = "near0", Master = bridge.Index, Up = true, Mtu = 1400,
                PeerName = "eth0", PeerMac = mac, PeerNamespace = ns,
            });
            socket.Execute(batch);

            LinkInfo eth0 = Links.Find(inside, "eth0")!.Value;
            batch.Clear();
            Links.Set(batch, 1, new LinkChange { Up = true });
            Links.Set(batch, eth0.Index, new LinkChange { Up = true, NoLinkLocal = true });
            Addresses.Add(batch, eth0.Index, IPAddress.Parse("10.9.8.7"), 24);
            Addresses.Add(batch, eth0.Index, IPAddress.Parse("fd00:9::7"), 64);
            Routes.AddDefault(batch, IPAddress.Parse("10.9.8.1"), eth0.Index);
            inside.Execute(batch);

            JsonElement near = FreshNetwork.Json("ip", "-j", "-d", "link", "show", "near0")[0];
            Assert.Equal("br0", near.GetProperty("master").GetString());
            Assert.Equal("veth", near.GetProperty("linkinfo").GetProperty("info_kind").GetString());
            Assert.Equal(1400, near.GetProperty("mtu").GetInt32());
            Assert.Contains("UP", near.GetProperty("flags").EnumerateArray().Select(f => f.GetString()));
            Assert.Equal(mac, eth0.Mac);
            Assert.Equal("veth", eth0.Kind);
            Assert.Equal(near.GetProperty("ifindex").GetInt32(), eth0.PeerIndex);
            string[] addresses = [.. Addresses.List(inside).Select(a => $"{a.LinkIndex}:{a.Address}/{a.PrefixLength}")];
            string[] expected =
                ["1:127.0.0.1/8", $"{eth0.Index}:10.9.8.7/24", "1:::1/128", $"{eth0.Index}:fd00:9::7/64"];
            Assert.Equal(expected, addresses);
            Assert.Contains(Routes.List(inside), r => $"{r.Destination} {r.Gateway}" == "0.0.0.0/0 10.9.8.1");
        }
    });

    [Fact]
    public void Links_change_and_go() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        LinkInfo bridge = MakeBridge(socket, "br0");
        using var batch = new NetlinkBatch();
        Links.AddVeth(batch, new VethPair { Name = "a", PeerName = "b" });
        Links.Set(batch, "a", new LinkChange { Master = bridge.Index, Up = true });
        Links.Set(batch, "a", new LinkChange { Hairpin = true, Mtu = 1300 });
        socket.Execute(batch);
        JsonElement port = FreshNetwork.Json("ip", "-j", "-d", "link", "show", "a")[0];
        Assert.True(port.GetProperty("linkinfo").GetProperty("info_slave_data").GetProperty("hairpin").GetBoolean());
        Assert.Equal(1300, port.GetProperty("mtu").GetInt32());

        batch.Clear();
        Links.Set(batch, Links.Find(socket, "b")!.Value.Index, new LinkChange { Name = "c" });
        Links.Set(batch, "a", new LinkChange { Master = 0, Up = false });
        socket.Execute(batch);
        Assert.Null(Links.Find(socket, "b"));
        Assert.Equal(0, Links.Find(socket, "a")!.Value.Master);

        batch.Clear();
        Links.Delete(batch, "a");
        Links.Delete(batch, "br0");
        socket.Execute(batch);
        Assert.Equal(["lo"], Links.List(socket).Select(l => l.Name).Where(n => n is "lo" or "a" or "c" or "br0"));
    });

    [Fact]
    public void Refusals_name_the_request_the_errno_and_the_kernels_words() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        MakeBridge(socket, "br0");
        using var batch = new NetlinkBatch();
        Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
        Links.Set(batch, "br0", new LinkChange { Mtu = 1_000_000 });
        Links.Set(batch, "br0", new LinkChange { Up = true });
        LinuxException refused = Assert.Throws<LinuxException>(() => socket.Execute(batch));
        Assert.Equal(Errno.EINVAL, refused.Errno);
        Assert.Equal(
            "RTM_NEWLINK(br0): EINVAL (Invalid argument); kernel: mtu greater than device maximum", refused.Message);

        // The other requests were carried out, and the socket is in step again.
        Assert.True(Links.Find(socket, "br0")!.Value.IsUp);
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => MakeBridge(socket, "br0")).Errno);
    });

    [Fact]
    public void A_kind_of_link_that_the_kernel_lacks_is_named_with_its_module() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        using var batch = new NetlinkBatch();
        batch.Begin(Rtnetlink.RTM_NEWLINK, NetlinkFlags.NLM_F_CREATE, "RTM_NEWLINK", "x0");
        batch.Reserve(16);
        int info = batch.BeginNest(Rtnetlink.IFLA_LINKINFO);
        batch.PutString(Rtnetlink.IFLA_INFO_KIND, "nonesuch");
        batch.EndNest(info);
        LinuxException refused = Assert.Throws<LinuxException>(() => socket.Execute(batch));
        Assert.Equal(Errno.EOPNOTSUPP, refused.Errno);
        Assert.EndsWith(
            "; kernel: Unknown device type; the kernel lacks this kind of link: "
            + "load its module (bridge, veth, macvlan, ipvlan, dummy, 8021q)",
            refused.Message);
    });

    [Fact]
    public void A_batch_larger_than_the_send_buffer_goes_out_whole() => FreshNetwork.Run(() =>
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE);
        LinkInfo bridge = MakeBridge(socket, "br0");
        using var batch = new NetlinkBatch();
        for (int i = 0; i < 10_000; i++)
            Addresses.Add(batch, bridge.Index, new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250 + 1)]), 32);
        socket.Execute(batch);
        Assert.Equal(10_000, Addresses.List(socket).Count(a => a.LinkIndex == bridge.Index));
    });

    [Theory]
    [InlineData("02:42:ac:11:00:02", true)]
    [InlineData("FE-00-00-00-00-01", true)]
    [InlineData("02:42:ac:11:00", false)]
    [InlineData("02:42:ac:11:00:0g", false)]
    [InlineData("02:42:ac:11:00-+1", false)]
    public void Mac_addresses_are_read_strictly(string text, bool valid)
    {
        Assert.Equal(valid, MacAddress.TryParse(text, out MacAddress mac));
        if (valid) Assert.Equal(text.ToLowerInvariant().Replace('-', ':'), mac.ToString());
    }

    private static LinkInfo MakeBridge(NetlinkSocket socket, string name)
    {
        using var batch = new NetlinkBatch();
        Links.AddBridge(batch, name, new MacAddress(0x0242_0000_0001));
        socket.Execute(batch);
        return Links.Find(socket, name)!.Value;
    }
}
