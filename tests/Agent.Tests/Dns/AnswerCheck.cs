using Skiff.Agent.Dns;
using static Skiff.Agent.Tests.Dns.MessageBytes;

namespace Skiff.Agent.Tests.Dns;

/// <summary>What must hold of every answer that a client gets from a server's, whatever the server sent.</summary>
internal static class AnswerCheck
{
    /// <summary>
    /// At every limit the reply fits, can be read to its end, and says that it is cut off if records are missing.
    /// </summary>
    public static void AssertPassedOn(ReadOnlySpan<byte> stored)
    {
        byte[] name = new byte[DnsName.MaxBytes];
        int questionEnd = 12;
        DnsName.TrySkip(stored, ref questionEnd);
        questionEnd += 4;
        byte[] message = Join(Header(0x0100, 1, 0, 0, 1), stored[12..questionEnd].ToArray(), Opt());
        Assert.True(DnsQuery.TryRead(message, name, out DnsQuery query));
        foreach (int limit in (int[])[512, stored.Length + 10, stored.Length + 11, 70000])
        {
            byte[] space = new byte[Math.Max(limit, questionEnd + 11)];
            int length = StoredAnswer.Write(stored, 10, 0, message, query, space);
            Assert.True(length <= space.Length);
            AssertReadable(space.AsSpan(0, length), questionEnd);
            bool isCut = (space[2] & 2) != 0;
            Assert.Equal(isCut, DnsHeader.Get(space, 6) < DnsHeader.Get(stored, 6)
                || DnsHeader.Get(space, 8) < DnsHeader.Get(stored, 8));
            if (limit >= stored.Length + 11) Assert.False(isCut);
        }
    }

    private static void AssertReadable(ReadOnlySpan<byte> reply, int position)
    {
        byte[] starts = new byte[reply.Length / 8 + 1], name = new byte[DnsName.MaxBytes];
        int question = 12, left = DnsHeader.Get(reply, 6) + DnsHeader.Get(reply, 8) + DnsHeader.Get(reply, 10);
        Assert.True(DnsName.TryRead(reply, ref question, name, out _, starts));
        for (; left > 0; left--)
        {
            Assert.True(DnsRecord.TryRead(reply, ref position, out DnsRecord record));
            Assert.True(record.IsSound(reply, starts));
        }
        Assert.Equal(reply.Length, position);
    }
}
