using System.Net;
using System.Text;

namespace Skiff.Agent.Tests.Dns;

/// <summary>A question that a <see cref="FakeServer"/> got, and answers to it, made byte by byte.</summary>
internal sealed record Question(byte[] Message, bool IsTcp, int Port)
{
    private const int HeaderBytes = 12;

    /// <summary>The name as it was written, without a dot at the end.</summary>
    public string Name
    {
        get
        {
            var labels = new List<string>();
            for (int at = HeaderBytes; Message[at] != 0; at += Message[at] + 1)
                labels.Add(Encoding.ASCII.GetString(Message, at + 1, Message[at]));
            return string.Join('.', labels);
        }
    }

    /// <summary>The type's number.</summary>
    public int Type => Message[QuestionEnd - 3];

    /// <summary>The size that EDNS offers; 0 without EDNS.</summary>
    public int EdnsBytes => Message[11] == 0 ? 0 : Message[QuestionEnd + 3] << 8 | Message[QuestionEnd + 4];

    private int QuestionEnd
    {
        get
        {
            int at = HeaderBytes;
            while (Message[at] != 0) at += Message[at] + 1;
            return at + 5;
        }
    }

    /// <summary>An answer with these records.</summary>
    public byte[] Reply(int code = 0, int flags = 0x8180, byte[][]? answers = null, byte[][]? authorities = null,
        byte[][]? additional = null)
    {
        (answers, authorities, additional) = (answers ?? [], authorities ?? [], additional ?? []);
        byte[] reply =
        [
            .. Message.AsSpan(0, QuestionEnd), .. answers.SelectMany(r => r), .. authorities.SelectMany(r => r),
            .. additional.SelectMany(r => r),
        ];
        Put(reply, 2, flags | code);
        Put(reply, 6, answers.Length);
        Put(reply, 8, authorities.Length);
        Put(reply, 10, additional.Length);
        return reply;
    }

    /// <summary>An answer with addresses.</summary>
    public byte[] Addresses(uint ttl, params string[] addresses) =>
        Reply(answers: [.. addresses.Select(a => Address(a, ttl))]);

    /// <summary>An address record of the question's name.</summary>
    public static byte[] Address(string address, uint ttl)
    {
        byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
        return Record([0xC0, HeaderBytes], bytes.Length == 4 ? 1 : 28, ttl, bytes);
    }

    /// <summary>A SOA record of the root with a limit for negative answers.</summary>
    public static byte[] Soa(uint ttl, uint minimum) => Record([0], 6, ttl,
        [0, 0, .. new byte[16], (byte)(minimum >> 24), (byte)(minimum >> 16), (byte)(minimum >> 8), (byte)minimum]);

    /// <summary>Any record.</summary>
    public static byte[] Record(byte[] name, int type, uint ttl, byte[] data, int recordClass = 1) =>
    [
        .. name, (byte)(type >> 8), (byte)type, (byte)(recordClass >> 8), (byte)recordClass,
        (byte)(ttl >> 24), (byte)(ttl >> 16), (byte)(ttl >> 8), (byte)ttl,
        (byte)(data.Length >> 8), (byte)data.Length, .. data,
    ];

    private static void Put(byte[] message, int offset, int value) =>
        (message[offset], message[offset + 1]) = ((byte)(value >> 8), (byte)value);
}
