using System.Globalization;

namespace Skiff.Interop.Netlink;

/// <summary>A 48-bit Ethernet address.</summary>
/// <param name="Value">The address as a number; the first byte on the wire is the most significant of the six.</param>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Writes the six bytes in wire order.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        for (int i = 0; i < 6; i++) bytes[i] = (byte)(Value >> (40 - 8 * i));
    }

    /// <summary>Reads six bytes in wire order.</summary>
    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < 6; i++) value = value << 8 | bytes[i];
        return new MacAddress(value);
    }

    /// <summary>Reads <c>02:42:ac:11:00:02</c> (or with dashes).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress mac)
    {
        mac = default;
        if (text.Length != 17) return false;
        ulong value = 0;
        for (int i = 0; i < 6; i++)
        {
            if (i > 0 && text[i * 3 - 1] is not (':' or '-')) return false;
            ReadOnlySpan<char> digits = text.Slice(i * 3, 2);
            if (!byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
                return false;
            value = value << 8 | b;
        }
        mac = new MacAddress(value);
        return true;
    }

    /// <summary><c>02:42:ac:11:00:02</c>.</summary>
    public override string ToString() => string.Create(17, Value, static (chars, value) =>
    {
        for (int i = 0; i < 6; i++)
        {
            var b = (byte)(value >> (40 - 8 * i));
            chars[i * 3] = HexDigit(b >> 4);
            chars[i * 3 + 1] = HexDigit(b & 15);
            if (i < 5) chars[i * 3 + 2] = ':';
        }
    });

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);
}
