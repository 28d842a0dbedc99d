using System.Net;
using Skiff.Agent.Dhcp;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Dhcp;

public class DhcpReplyTests
{
    private static readonly DhcpIdentity s_who = new(AnswerPacket.Mac, "web");

    // What is wrong, the bytes, and what is said of it; null where it is somebody else's business.
    private static readonly (string What, Func<byte[]> Packet, string? Problem)[] s_rows =
    [
        ("empty", () => [], "it is no whole IPv4 packet"),
        ("IPv6", () => Changed(0, 0x65), "it is no whole IPv4 packet"),
        ("a header of 4 words", () => Changed(0, 0x44), "it is no whole IPv4 packet"),
        ("a header longer than the packet", () => Changed(0, 0x4f)[..40], "it is no whole IPv4 packet"),
        ("longer than what has come", () => Changed(2, 0x7f), "it is no whole IPv4 packet"),
        ("shorter than its headers", () => Changed(2, 0, 27), "it is no whole IPv4 packet"),
        ("a first fragment", () => Changed(6, 0x20), "it is no whole IPv4 packet"),
        ("a later fragment", () => Changed(7, 1), "it is no whole IPv4 packet"),
        ("TCP", () => Changed(9, 6), "it is no whole IPv4 packet"),
        ("a wrong checksum", () =>
        {
            byte[] packet = Ack().Packet();
            packet[10] ^= 1;
            return packet;
        }, "it is no whole IPv4 packet"),
        ("UDP longer than IP", () => Changed(24, 0x7f), "it is no whole UDP datagram from a server"),
        ("UDP shorter than its header", () => Changed(24, 0, 7), "it is no whole UDP datagram from a server"),
        ("not from a server's port", () => Ack().Packet(from: 68), "it is no whole UDP datagram from a server"),
        ("not for a client's port", () => Ack().Packet(to: 67), "it is no whole UDP datagram from a server"),
        ("UDP without a message", () => Changed(24, 0, 8), "it is cut off"),
        ("cut off before its options", () => Changed(24, 0, 247), "it is cut off"),
        ("a request", () => Of(a => a.Op = 1), "it is no answer to an Ethernet station"),
        ("a long hardware address", () => Of(a => a.HardwareLength = 16), "it is no answer to an Ethernet station"),
        ("another question's", () => Of(a => a.Transaction++), null),
        ("another station's", () => Of(a => a.Station = new(1)), null),
        ("BOOTP", () => Of(a => a.Cookie = 0), "it has no options"),
        ("options without an end", () => Of(a => a.Tail = []), "its options have no end"),
        ("an option without a length", () => Of(a => a.Tail = [12]), "its options have no end"),
        ("an option longer than the message", () => Of(a => a.Tail = [12, 9, 1, 255]), "its options have no end"),
        ("options that go on nowhere", () => Of(a => a.With(52, 4)), "its options have no end"),
        ("a place to go on that is none", () => Of(a => a.With(52, 1, 1)), "its options have no end"),
        ("options that go on in a file without an end", () => Of(a =>
        {
            a.With(52, 1);
            a.File[0] = 12;
            a.File[1] = 200;
        }), "its options have no end"),
        ("no type", () => Of(a => a.Without(53)), "its message type (0) is none of a server's"),
        ("a type of two bytes", () => Of(a => a.With(53, 5, 5)), "its message type (0) is none of a server's"),
        ("a client's type", () => Of(a => a.With(53, 1)), "its message type (1) is none of a server's"),
        ("no server", () => Of(a => a.Without(54)), "it does not name its server (option 54)"),
        ("half a server", () => Of(a => a.With(54, 192, 0)), "it does not name its server (option 54)"),
        ("a server that is a group", () => Of(a => a.With(54, 224, 0, 0, 1)),
            "it does not name its server (option 54)"),
        ("no address", () => Of(a => a.Address = "0.0.0.0"), "its address 0.0.0.0 is not for a host"),
        ("loopback", () => Of(a => a.Address = "127.0.0.1"), "its address 127.0.0.1 is not for a host"),
        ("a group", () => Of(a => a.Address = "239.1.1.1"), "its address 239.1.1.1 is not for a host"),
        ("no mask", () => Of(a => a.Without(1)), "it has no subnet mask (option 1), or none that is one"),
        ("a mask with a hole", () => Of(a => a.With(1, 255, 0, 255, 0)),
            "it has no subnet mask (option 1), or none that is one"),
        ("a mask of nothing", () => Of(a => a.With(1, 0, 0, 0, 0)),
            "it has no subnet mask (option 1), or none that is one"),
        ("no time", () => Of(a => a.Without(51)), "it does not say for how long (option 51)"),
        ("no time at all", () => Of(a => a.With(51, 0, 0, 0, 0)), "it does not say for how long (option 51)"),
        ("three bytes of time", () => Of(a => a.With(51, 0, 0, 9)), "it does not say for how long (option 51)"),
        ("half a gateway", () => Of(a => a.With(3, 192, 0)), "its gateway (option 3) is no address"),
        ("a gateway elsewhere", () => Of(a => a.With(3, 198, 51, 100, 1)),
            "its gateway 198.51.100.1 is not reached from 192.0.2.50/24"),
        ("itself as the gateway", () => Of(a => a.With(3, 192, 0, 2, 50)),
            "its gateway 192.0.2.50 is not reached from 192.0.2.50/24"),
    ];

    public static TheoryData<string> Rows => [.. s_rows.Select(row => row.What)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void An_answer_that_cannot_be_is_refused(string what)
    {
        var (_, packet, wanted) = s_rows.Single(row => row.What == what);
        Assert.False(DhcpReply.TryRead(packet(), s_who, AnswerPacket.Xid, out DhcpReply? reply, out string? problem));
        Assert.Null(reply);
        Assert.Equal(wanted, problem);
    }

    [Fact]
    public void A_whole_answer_is_read()
    {
        AnswerPacket answer = Ack().With(6, 192, 0, 2, 7, 0, 0, 0, 0, 192, 0, 2, 8).With(15, [.. "example.org\0"u8])
            .With(58, 0, 0, 1, 0).With(59, 0, 0, 2, 0);
        DhcpReply reply = Read(answer);
        Assert.Equal((DhcpMessageType.Ack, "192.0.2.1"), (reply.Type, $"{reply.Server}"));
        DhcpLease lease = reply.Lease!;
        Assert.Equal("192.0.2.50/24 192.0.2.1", $"{lease.Address}/{lease.PrefixLength} {lease.Router}");
        Assert.Equal((3600u, 256u, 512u), (lease.Seconds, lease.RenewSeconds, lease.RebindSeconds));
        Assert.Equal(["192.0.2.7", "192.0.2.8"], lease.DnsServers.Select(server => $"{server}"));
        Assert.Equal("example.org", lease.Domain);
    }

    [Theory]
    [InlineData(null, null, 1800, 3150)]
    [InlineData(100, null, 100, 3150)]
    [InlineData(null, 1000, 1000, 1000)]
    [InlineData(3000, 200, 200, 200)] // T1 behind T2: half the lease, and no later than T2.
    [InlineData(0, 4000, 1800, 3150)] // At once, and after the end.
    public void Times_are_those_of_the_server_where_they_can_be(int? t1, int? t2, uint renew, uint rebind)
    {
        AnswerPacket answer = Ack();
        if (t1 is { } first) answer.With(58, 0, 0, (byte)(first >> 8), (byte)first);
        if (t2 is { } second) answer.With(59, 0, 0, (byte)(second >> 8), (byte)second);
        DhcpLease lease = Read(answer).Lease!;
        Assert.Equal((renew, rebind), (lease.RenewSeconds, lease.RebindSeconds));
    }

    [Fact]
    public void Options_may_go_on_in_the_other_fields()
    {
        AnswerPacket answer = Ack().Without(1).Without(3).With(52, 3);
        ((byte[])[0, 0, 1, 4, 255, 255, 0, 0, 255]).CopyTo(answer.File, 0);
        ((byte[])[3, 4, 192, 0, 9, 9, 255]).CopyTo(answer.ServerName, 0);
        DhcpLease lease = Read(answer).Lease!;
        Assert.Equal("16 192.0.9.9", $"{lease.PrefixLength} {lease.Router}");
    }

    [Fact]
    public void A_refusal_needs_no_address_and_its_text_is_shown_if_it_can_be()
    {
        AnswerPacket refusal = AnswerPacket.Of(6, "0.0.0.0").Without(51).Without(1).Without(3);
        Assert.Equal((DhcpMessageType.Nak, ""), (Read(refusal).Type, Read(refusal).Message));
        Assert.Equal("no", Read(refusal.With(56, [.. "no"u8])).Message);
        Assert.Equal("", Read(refusal.With(56, [.. "\u001b[2J"u8])).Message);
    }

    [Fact]
    public void No_cut_and_no_changed_byte_gets_through_unread()
    {
        byte[] packet = Ack().Packet();
        var random = new Random(1);
        for (int length = 0; length <= packet.Length; length++)
            DhcpReply.TryRead(packet.AsSpan(0, length), s_who, AnswerPacket.Xid, out _, out _);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = [.. packet];
            for (int n = random.Next(1, 5); n > 0; n--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            AnswerPacket.Sealed(changed);
            if (DhcpReply.TryRead(changed, s_who, AnswerPacket.Xid, out DhcpReply? reply, out _)
                && reply!.Lease is { } lease)
                Assert.True(lease is { PrefixLength: >= 1 and <= 32, Seconds: > 0, RenewSeconds: > 0 }
                    && lease.RenewSeconds <= lease.RebindSeconds);
        }
    }

    [Fact]
    public void A_lease_survives_being_written_down()
    {
        DhcpLease lease = Read(Ack().With(6, 192, 0, 2, 7)).Lease! with { BeganMs = 12, ServerMac = new(77) };
        ReadOnlySpan<byte> record = JsonFields.ToBytes(w => lease.WriteTo(w, "lease"));
        DhcpLease again = DhcpLease.Read(System.Text.Json.JsonElement.Parse(record), "lease")!;
        Assert.Equal([IPAddress.Parse("192.0.2.7")], again.DnsServers);
        Assert.Equal(lease, again with { DnsServers = lease.DnsServers });
    }

    private static AnswerPacket Ack() => AnswerPacket.Of(5);

    private static byte[] Of(Action<AnswerPacket> change)
    {
        AnswerPacket answer = Ack();
        change(answer);
        return answer.Packet();
    }

    private static byte[] Changed(int at, params byte[] bytes)
    {
        byte[] packet = Ack().Packet();
        bytes.CopyTo(packet, at);
        return AnswerPacket.Sealed(packet);
    }

    private static DhcpReply Read(AnswerPacket answer)
    {
        Assert.True(DhcpReply.TryRead(answer.Packet(), s_who, AnswerPacket.Xid, out DhcpReply? reply,
            out string? problem), problem);
        return reply!;
    }
}
