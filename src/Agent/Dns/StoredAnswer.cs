using System.Buffers.Binary;

namespace Skiff.Agent.Dns;

/// <summary>
/// Gives a server's answer, fresh or remembered, to a client. Allocates nothing. The client's own question takes the
/// place of ours, which is as long, so that pointers stay right.
/// </summary>
internal static class StoredAnswer
{
    private const ushort KeptFlags = DnsHeader.CodeMask | 0x0400; // And whether it is authoritative.

    /// <summary>Writes the reply; its length.</summary>
    /// <param name="stored">What <see cref="ServerAnswer"/> has made of a message.</param>
    /// <param name="age">Seconds since then, which its records have less to live.</param>
    /// <param name="leastTtl">Seconds that they have at least: 30 for stale ones (RFC 8767 5).</param>
    /// <param name="message">The client's: header and question.</param>
    /// <param name="query">What it says.</param>
    /// <param name="to">Where; its length is the limit.</param>
    public static int Write(
        ReadOnlySpan<byte> stored, uint age, uint leastTtl,
        ReadOnlySpan<byte> message, in DnsQuery query, Span<byte> to)
    {
        message[..query.QuestionEnd].CopyTo(to);
        to[DnsHeader.Answers..DnsHeader.Bytes].Clear();
        int room = to.Length - DnsReply.EdnsBytes(query), length = query.QuestionEnd, position = length;
        bool isWhole = true;
        for (int section = DnsHeader.Answers; section <= DnsHeader.Additional && isWhole; section += 2)
        {
            int count = DnsHeader.Get(stored, section), written = 0;
            for (; written < count; written++)
            {
                DnsRecord.TryRead(stored, ref position, out DnsRecord record);
                int bytes = record.End - record.Start;
                isWhole = length + bytes <= room;
                if (!isWhole) break;
                stored[record.Start..record.End].CopyTo(to[length..]);
                uint ttl = record.Ttl > int.MaxValue || record.Ttl <= age ? 0 : record.Ttl - age;
                BinaryPrimitives.WriteUInt32BigEndian(
                    to[(length + record.TtlAt - record.Start)..], Math.Max(ttl, leastTtl));
                length += bytes;
            }
            DnsHeader.Set(to, section, written);
        }
        // What was promised and does not fit is missed; additional records are not (RFC 2181 9).
        bool isCut = !isWhole && (DnsHeader.Get(to, DnsHeader.Answers) != DnsHeader.Get(stored, DnsHeader.Answers)
            || DnsHeader.Get(to, DnsHeader.Authorities) != DnsHeader.Get(stored, DnsHeader.Authorities));
        WriteFlags(DnsHeader.Get(stored, DnsHeader.Flags), query, isCut, to);
        return DnsReply.WriteEdns(to, length, query);
    }

    private static void WriteFlags(ushort stored, in DnsQuery query, bool isCut, Span<byte> to)
    {
        // RFC 6840 5.7: who does not ask for it does not get it.
        bool asksForAd = query.DnssecOk || (query.Flags & DnsHeader.AD) != 0;
        int flags = stored & KeptFlags | query.Flags & (DnsHeader.RD | DnsHeader.CD) | DnsHeader.QR | DnsHeader.RA
            | (isCut ? DnsHeader.TC : 0) | (asksForAd ? stored & DnsHeader.AD : 0);
        DnsHeader.Set(to, DnsHeader.Flags, flags);
    }
}
