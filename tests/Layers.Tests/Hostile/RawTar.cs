using System.Text;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>
/// Writes tars byte by byte, right or wrong: what no tool would make. Text is Latin-1, so that every byte can be said.
/// </summary>
internal sealed class RawTar
{
    private readonly MemoryStream _bytes = new();

    /// <summary>Bytes so far.</summary>
    internal long Length => _bytes.Length;

    internal static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>The bytes so far and the end mark.</summary>
    internal byte[] ToArray() => [.. _bytes.ToArray(), .. new byte[1024]];

    /// <summary>The bytes so far.</summary>
    internal byte[] Unfinished() => _bytes.ToArray();

    /// <summary>A header block and its content, with names of more than 100 bytes in GNU headers before it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The type.</param>
    /// <param name="data">Content, which the size follows.</param>
    /// <param name="link">Target.</param>
    /// <param name="edit">Changes the block before its checksum is made.</param>
    /// <param name="damage">Changes the block after that.</param>
    internal RawTar Add(
        string name, char type = '0', string data = "", string link = "", Action<byte[]>? edit = null,
        Action<byte[]>? damage = null)
    {
        if (name.Length > 100) Extended('L', name + "\0");
        if (link.Length > 100) Extended('K', link + "\0");
        byte[] block = Header(name, type, data.Length);
        Put(block, 157, link.Length > 100 ? link[..100] : link);
        edit?.Invoke(block);
        Seal(block);
        damage?.Invoke(block);
        _bytes.Write(block);
        return Raw(data).Pad();
    }

    internal RawTar File(string name, string data = "") => Add(name, '0', data);

    internal RawTar Directory(string name) => Add(name, '5', edit: block => Put(block, 100, "0000755\0"));

    internal RawTar Symlink(string name, string target) => Add(name, '2', link: target);

    internal RawTar HardLink(string name, string target) => Add(name, '1', link: target);

    /// <summary>Extended header of any type with a body of any kind.</summary>
    internal RawTar Extended(char type, string body, long? size = null)
    {
        byte[] block = Header("././@LongLink", type, body.Length);
        if (size is { } lie) Number(block, 124, 12, lie);
        Seal(block);
        _bytes.Write(block);
        return Raw(body).Pad();
    }

    /// <summary>Extended header with well-formed records.</summary>
    internal RawTar Pax(params ReadOnlySpan<string> records) => Extended('x', Records(records));

    /// <summary>Records with their lengths in front.</summary>
    internal static string Records(params ReadOnlySpan<string> records)
    {
        var body = new StringBuilder();
        foreach (string record in records)
        {
            int rest = record.Length + 2, length = rest + 1; // The blank, the record, the newline.
            while (length != rest + length.ToString().Length) length = rest + length.ToString().Length;
            body.Append($"{length} {record}\n");
        }
        return body.ToString();
    }

    internal RawTar Raw(string bytes)
    {
        _bytes.Write(Latin1(bytes));
        return this;
    }

    internal RawTar Pad()
    {
        _bytes.Write(new byte[-_bytes.Length & 511]);
        return this;
    }

    /// <summary>Does something many times.</summary>
    internal RawTar Times(int count, Action<RawTar, int> add)
    {
        for (int i = 0; i < count; i++) add(this, i);
        return this;
    }

    internal static void Put(byte[] block, int at, string text) => Latin1(text).CopyTo(block, at);

    /// <summary>A number as base-256, which has room for what octal digits have not.</summary>
    internal static void Number(byte[] block, int at, int length, long value)
    {
        for (int i = length - 1; i > 0; i--, value >>= 8) block[at + i] = (byte)value;
        block[at] = value < 0 ? (byte)0xFF : (byte)0x80;
    }

    private static byte[] Header(string name, char type, long size)
    {
        byte[] block = new byte[512];
        Put(block, 0, name.Length > 100 ? name[..100] : name);
        Put(block, 100, "0000644\0" + "0000000\0" + "0000000\0");
        Put(block, 124, Convert.ToString(size, 8).PadLeft(11, '0') + "\0" + "14524775000\0"); // 1,700,000,256.
        block[156] = (byte)type;
        Put(block, 257, "ustar\0" + "00");
        return block;
    }

    /// <summary>Makes the checksum right.</summary>
    internal static void Seal(Span<byte> block)
    {
        block.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in block) sum += b;
        Latin1(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
    }
}
