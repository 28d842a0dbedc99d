using System.Buffers.Binary;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>Fields of one 512-byte header block: v7, ustar, star and GNU dialects (tar(5)).</summary>
internal static class TarHeader
{
    internal const int BlockSize = 512;

    /// <summary>
    /// Checks the checksum: bytes summed with the field itself as blanks; old writers summed signed bytes.
    /// </summary>
    internal static bool ChecksumMatches(ReadOnlySpan<byte> block)
    {
        if (!TryNumber(block.Slice(148, 8), out long expected)) return false;
        long sum = 0, negative = 0;
        foreach (byte b in block)
        {
            sum += b;
            negative += b >> 7;
        }
        foreach (byte b in block.Slice(148, 8))
        {
            sum += ' ' - b;
            negative -= b >> 7;
        }
        return expected == sum || expected == sum - 256 * negative;
    }

    /// <summary>Octal text, or a two's complement big-endian number when the first bit is set (GNU base-256).</summary>
    internal static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if (field.Length > 0 && (field[0] & 0x80) != 0) return TryBase256(field, out value);
        foreach (byte b in field.Trim(" \0"u8))
        {
            if (b == 0) break;
            if (b is < (byte)'0' or > (byte)'7' || value >> 60 != 0) return false;
            value = value * 8 + (b - '0');
        }
        return true;
    }

    private static bool TryBase256(ReadOnlySpan<byte> field, out long value)
    {
        bool negative = (field[0] & 0x40) != 0;
        value = negative ? -1 : 0;
        for (int i = 0; i < field.Length; i++)
        {
            byte b = i > 0 ? field[i] : (byte)(negative ? field[0] | 0x80 : field[0] & 0x7F);
            if (value >> 55 != (negative ? -1 : 0)) return false;
            value = (value << 8) | b;
        }
        return true;
    }

    /// <summary>As <see cref="TryNumber"/>, with a refusal that names the field.</summary>
    internal static long Number(ReadOnlySpan<byte> field, string name, long position) =>
        TryNumber(field, out long value) ? value
            : throw new ImageException(
                $"bad tar header at byte {position}: field {name} is \"{TarPath.Show(field)}\", expected a number");

    /// <summary>Text up to the first NUL.</summary>
    internal static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>
    /// Name with the ustar or star prefix in front; GNU keeps other things where ustar has its prefix.
    /// </summary>
    internal static void ReadPath(ReadOnlySpan<byte> block, ByteBuffer path)
    {
        path.Clear();
        if (block.Slice(257, 6).SequenceEqual("ustar\0"u8))
        {
            bool star = block.Slice(508, 4).SequenceEqual("tar\0"u8);
            ReadOnlySpan<byte> prefix = Text(block.Slice(345, star ? 131 : 155));
            if (!prefix.IsEmpty)
            {
                path.Append(prefix);
                path.Append((byte)'/');
            }
        }
        path.Append(Text(block[..100]));
    }

    /// <summary>Whether device numbers are there: v7 headers end before them.</summary>
    internal static bool HasDeviceNumbers(ReadOnlySpan<byte> block) =>
        BinaryPrimitives.ReadUInt32BigEndian(block.Slice(257, 4)) == 0x75737461; // "usta"
}
