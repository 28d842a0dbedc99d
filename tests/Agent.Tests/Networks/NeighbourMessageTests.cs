using System.Net;
using Skiff.Agent.Networks;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Tests.Networks;

/// <summary>
/// ARP and neighbour discovery as bytes. That kernels understand what is sent, AddressConflictTests and
/// AddressWatchTests show.
/// </summary>
public class NeighbourMessageTests
{
    private static readonly MacAddress s_own = new(0x0242_0a00_0002), s_other = new(0x0242_0a00_0099);
    private static readonly IPAddress s_address = IPAddress.Parse("10.0.0.2"), s_address6 = IPAddress.Parse("fd00::2");

    [Theory]
    [InlineData("10.0.0.2", false, "ff:ff:ff:ff:ff:ff", "0001080006040001" + "02420a000002" + "00000000"
        + "000000000000" + "0a000002")]
    [InlineData("10.0.0.2", true, "ff:ff:ff:ff:ff:ff", "0001080006040001" + "02420a000002" + "0a000002"
        + "000000000000" + "0a000002")]
    [InlineData("fd00::12:3456", false, "33:33:ff:12:34:56", "6000000000183aff" + "00000000000000000000000000000000"
        + "ff0200000000000000000001ff123456" + "8700SSSS00000000" + "fd000000000000000000000000123456")]
    [InlineData("fd00::2", true, "33:33:00:00:00:01", "6000000000203aff" + "fd000000000000000000000000000002"
        + "ff020000000000000000000000000001" + "8800SSSS20000000" + "fd000000000000000000000000000002"
        + "020102420a000002")]
    public void What_is_sent_is_as_the_RFCs_have_it(string text, bool tells, string to, string expected)
    {
        IPAddress address = IPAddress.Parse(text);
        byte[] message = tells ? NeighbourMessages.Tell(s_own, address, out MacAddress target)
            : NeighbourMessages.Ask(s_own, address, out target);
        string hex = Convert.ToHexStringLower(message);
        int sum = expected.IndexOf("SSSS", StringComparison.Ordinal);
        if (sum >= 0)
        {
            // One's complement of all words and the pseudo header is zero.
            uint all = (uint)message.Length - 40 + 58;
            for (int i = 8; i < message.Length; i += 2) all += (uint)(message[i] << 8 | message[i + 1]);
            Assert.Equal(0xffffu, (all & 0xffff) + (all >> 16));
            expected = expected.Replace("SSSS", hex.Substring(sum, 4));
        }
        Assert.Equal((expected, to), (hex, $"{target}"));
    }

    // As bytes of the whole message that are changed: offset and value. Null says nothing of the address.
    [Theory]
    [InlineData(true, new[] { 0, 0 }, true)]
    [InlineData(true, new[] { 7, 2 }, true)]              // A reply.
    [InlineData(true, new[] { 27, 3 }, true)]             // Its owner asks for another one.
    [InlineData(true, new[] { 17, 3 }, false)]            // Another one asks for it, to send something.
    [InlineData(true, new[] { 14, 0, 15, 0, 16, 0, 17, 0 }, true)]          // One without an address wants it.
    [InlineData(true, new[] { 14, 0, 15, 0, 16, 0, 17, 0, 27, 3 }, false)]
    [InlineData(true, new[] { 1, 6 }, false)]             // No Ethernet.
    [InlineData(true, new[] { 2, 0x86 }, false)]
    [InlineData(true, new[] { 4, 8 }, false)]
    [InlineData(false, new[] { 0, 0x60 }, true)]
    [InlineData(false, new[] { 7, 254 }, false)]          // A router has passed it on.
    [InlineData(false, new[] { 6, 17 }, false)]
    [InlineData(false, new[] { 63, 3 }, false)]
    [InlineData(false, new[] { 40, 133 }, false)]
    [InlineData(false, new[] { 40, 135 }, false)]         // Somebody with an address asks for it.
    [InlineData(false, new[] { 40, 135, 8, 0, 9, 0, 23, 0 }, true)]
    public void What_is_received_says_who_has_an_address_or_does_not(bool isArp, int[] changes, bool says)
    {
        byte[] message = NeighbourMessages.Tell(s_other, isArp ? s_address : s_address6, out _);
        for (int i = 0; i < changes.Length; i += 2) message[changes[i]] = (byte)changes[i + 1];
        Assert.Equal(says, NeighbourMessages.TryRead(message, s_other, isArp ? s_address : s_address6, out var who));
        if (says) Assert.Equal(s_other, who);
    }

    [Theory]
    [InlineData("10.0.0.2", 28)]
    [InlineData("fd00::2", 64)]
    public void One_that_is_cut_off_says_nothing(string text, int least)
    {
        IPAddress address = IPAddress.Parse(text);
        byte[] message = NeighbourMessages.Tell(s_other, address, out _);
        for (int length = 0; length <= message.Length; length++)
            Assert.Equal(length >= least,
                NeighbourMessages.TryRead(message.AsSpan(0, length), s_other, address, out _));
    }
}
