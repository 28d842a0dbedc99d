using System.Text;

namespace Skiff.Agent.Tests.Dns;

/// <summary>Pieces of messages, for tables of odd ones.</summary>
internal static class MessageBytes
{
    /// <summary>A header with flags and the four counts; the id is 0x1234.</summary>
    public static byte[] Header(
        int flags, int questions = 1, int answers = 0, int authorities = 0, int additional = 0) =>
    [
        0x12, 0x34, (byte)(flags >> 8), (byte)flags, (byte)(questions >> 8), (byte)questions,
        (byte)(answers >> 8), (byte)answers, (byte)(authorities >> 8), (byte)authorities,
        (byte)(additional >> 8), (byte)additional,
    ];

    /// <summary>A name as labels, with the root.</summary>
    public static byte[] Name(string name) =>
    [
        .. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label =>
            (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]),
        0,
    ];

    /// <summary>A name with this many bytes in all.</summary>
    public static byte[] NameOf(int bytes)
    {
        var name = new List<byte>();
        while (bytes - name.Count > 1)
        {
            int label = Math.Min(63, bytes - name.Count - 2);
            if (bytes - name.Count - 2 - label == 1) label--;
            name.Add((byte)label);
            name.AddRange(Enumerable.Repeat((byte)'a', label));
        }
        return [.. name, 0];
    }

    /// <summary>A question of class IN.</summary>
    public static byte[] Question(byte[] name, int type = 1, int questionClass = 1) =>
        [.. name, (byte)(type >> 8), (byte)type, (byte)(questionClass >> 8), (byte)questionClass];

    /// <summary>A record.</summary>
    public static byte[] Record(
        byte[] name, int type, byte[] data, uint ttl = 60, int recordClass = 1, int? length = null) =>
    [
        .. name, (byte)(type >> 8), (byte)type, (byte)(recordClass >> 8), (byte)recordClass,
        (byte)(ttl >> 24), (byte)(ttl >> 16), (byte)(ttl >> 8), (byte)ttl,
        (byte)((length ?? data.Length) >> 8), (byte)(length ?? data.Length), .. data,
    ];

    /// <summary>An OPT record.</summary>
    public static byte[] Opt(int bytes = 1232, uint ttl = 0, params byte[] options) =>
        Record([0], 41, options, ttl, bytes);

    /// <summary>Pieces, one after the other.</summary>
    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
