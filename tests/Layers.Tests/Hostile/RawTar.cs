using System.Text;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>
/// Writes tars byte by byte, right or wrong: what no tool would make. Text is Latin-1, so that every byte can be said.
/// </summary>
internal sealed class RawTar
{
    private readonly MemoryStream _bytes = new();

    /// <summary>What is at offset 257 of headers from now on.</summary>
    internal string Magic { get; set; } = "ustar\0" + "00";

    /// <summary>Text of the checksum field from a sum.</summary>
    internal Func<int, string> Checksum { get; set; } = sum => Octal(sum, 6) + "\0 ";

    /// <summary>Sums bytes as signed ones, as some old systems did.</summary>
    internal bool SignedChecksum { get; set; }

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
    /// <param name="mode">Permission bits.</param>
    /// <param name="uid">Owner.</param>
    /// <param name="gid">Group.</param>
    /// <param name="mtime">Seconds since 1970.</param>
    /// <param name="device">Major and minor number.</param>
    internal RawTar Add(
        string name, char type = '0', string data = "", string link = "", Action<byte[]>? edit = null,
        Action<byte[]>? damage = null, int mode = 0x1A4, int uid = 0, int gid = 0, long mtime = 1_700_000_256,
        (int Major, int Minor)? device = null)
    {
        if (name.Length > 100) Extended('L', name + "\0");
        if (link.Length > 100) Extended('K', link + "\0");
        byte[] block = Header(name, type, data.Length);
        Put(block, 100, $"{Octal(mode, 7)}\0{Octal(uid, 7)}\0{Octal(gid, 7)}\0");
        Put(block, 136, Octal(mtime, 11));
        Put(block, 157, link.Length > 100 ? link[..100] : link);
        if (device is var (major, minor)) Put(block, 329, $"{Octal(major, 7)}\0{Octal(minor, 7)}\0");
        edit?.Invoke(block);
        Seal(block);
        damage?.Invoke(block);
        _bytes.Write(block);
        return Raw(data).Pad();
    }

    internal RawTar File(string name, string data = "") => Add(name, '0', data);

    internal RawTar Directory(string name, int mode = 0x1ED, long mtime = 1_700_000_256, int uid = 0, int gid = 0) =>
        Add(name, '5', mode: mode, mtime: mtime, uid: uid, gid: gid);

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

    /// <summary>A GNU long name (L) or long link (K).</summary>
    internal RawTar Long(char type, string name) => Extended(type, name + "\0");

    /// <summary>Extended header with well-formed records.</summary>
    internal RawTar Pax(params ReadOnlySpan<string> records) => Extended('x', Records(records));

    /// <summary>The same for all entries from now on.</summary>
    internal RawTar Global(params ReadOnlySpan<string> records) => Extended('g', Records(records));

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

    /// <summary>Blocks of zeros.</summary>
    internal RawTar Zeros(int blocks)
    {
        _bytes.Write(new byte[blocks * 512]);
        return this;
    }

    /// <summary>The end mark.</summary>
    internal RawTar End() => Zeros(2);

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

    internal static string Octal(long value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0');

    private byte[] Header(string name, char type, long size)
    {
        byte[] block = new byte[512];
        Put(block, 0, name.Length > 100 ? name[..100] : name);
        Put(block, 100, "0000644\0" + "0000000\0" + "0000000\0");
        Put(block, 124, Octal(size, 11) + "\0" + "14524775000\0"); // 1,700,000,256.
        block[156] = (byte)type;
        Put(block, 257, Magic);
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

    private void Seal(byte[] block)
    {
        block.AsSpan(148, 8).Fill((byte)' ');
        Put(block, 148, Checksum(block.Sum(b => SignedChecksum ? (sbyte)b : b)));
    }
}
