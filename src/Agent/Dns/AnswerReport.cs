using System.Text;

namespace Skiff.Agent.Dns;

/// <summary>Tells who wants to know of the addresses in an answer that a client is about to get.</summary>
internal static class AnswerReport
{
    /// <summary>Tells of an answer; the parameters are those of <see cref="StoredAnswer.Write"/>.</summary>
    public static void Tell(
        INameTable names, ReadOnlySpan<byte> message, in DnsQuery query, ReadOnlySpan<byte> stored, uint age,
        uint leastTtl)
    {
        if (query.Type is not (DnsType.A or DnsType.AAAA or DnsType.ANY) || !names.WantsAnswers) return;
        Span<byte> name = stackalloc byte[DnsName.MaxBytes], text = stackalloc byte[DnsName.MaxBytes];
        int position = DnsHeader.Bytes;
        if (!DnsName.TryRead(message, ref position, name, out _) || !DnsName.TryText(name, text, out int length))
            return;
        position = query.QuestionEnd;
        List<byte> v4 = [], v6 = [];
        uint ttl = 0;
        for (int left = DnsHeader.Get(stored, DnsHeader.Answers); left > 0; left--)
        {
            if (!DnsRecord.TryRead(stored, ref position, out DnsRecord record)) break;
            if (record.Type is not (DnsType.A or DnsType.AAAA)) continue;
            (record.Type == DnsType.A ? v4 : v6).AddRange(stored[record.Data..record.End]);
            ttl = Math.Max(ttl, record.Ttl > int.MaxValue || record.Ttl <= age ? leastTtl : record.Ttl - age);
        }
        if (v4.Count + v6.Count > 0)
            names.OnAnswer(Encoding.ASCII.GetString(text[..length]), [.. v4], [.. v6], ttl);
    }
}
