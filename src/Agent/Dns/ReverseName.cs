namespace Skiff.Agent.Dns;

/// <summary>
/// Names that stand for addresses: <c>2.0.18.172.in-addr.arpa</c>, and nibbles below <c>ip6.arpa</c>.
/// </summary>
internal static class ReverseName
{
    private static ReadOnlySpan<byte> V4 => ".in-addr.arpa"u8;

    private static ReadOnlySpan<byte> V6 => ".ip6.arpa"u8;

    /// <summary>Reads a whole address from a name in lower case.</summary>
    /// <param name="text">The name, as text.</param>
    /// <param name="address">Room for 16 bytes.</param>
    /// <param name="length">4 or 16.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, Span<byte> address, out int length)
    {
        length = text.EndsWith(V4) ? 4 : 16;
        if (length == 4) return TryReadV4(text[..^V4.Length], address);
        return text.EndsWith(V6) && TryReadV6(text[..^V6.Length], address);
    }

    private static bool TryReadV4(ReadOnlySpan<byte> text, Span<byte> address)
    {
        for (int i = 3; i >= 0; i--)
        {
            int dot = text.IndexOf((byte)'.');
            if (dot < 0 != (i == 0)) return false;
            ReadOnlySpan<byte> digits = dot < 0 ? text : text[..dot];
            if (digits.Length is 0 or > 3 || digits.Length > 1 && digits[0] == '0') return false;
            int value = 0;
            foreach (byte b in digits)
            {
                if (b is < (byte)'0' or > (byte)'9') return false;
                value = value * 10 + b - '0';
            }
            if (value > byte.MaxValue) return false;
            address[i] = (byte)value;
            text = text[(dot + 1)..];
        }
        return true;
    }

    private static bool TryReadV6(ReadOnlySpan<byte> text, Span<byte> address)
    {
        if (text.Length != 63) return false;
        for (int i = 0; i < 32; i++)
        {
            int nibble = text[2 * i] switch
            {
                >= (byte)'0' and <= (byte)'9' and var digit => digit - '0',
                >= (byte)'a' and <= (byte)'f' and var letter => letter - 'a' + 10,
                _ => -1,
            };
            if (nibble < 0 || i < 31 && text[2 * i + 1] != '.') return false;
            int at = 15 - i / 2;
            address[at] = (byte)(i % 2 == 0 ? nibble : address[at] | nibble << 4);
        }
        return true;
    }
}
