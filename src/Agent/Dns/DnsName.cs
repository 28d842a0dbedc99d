namespace Skiff.Agent.Dns;

/// <summary>
/// Names in messages (RFC 1035 3.1, 4.1.4): labels with their lengths, the root at the end, or a pointer to earlier
/// bytes of the message.
/// </summary>
internal static class DnsName
{
    /// <summary>The most bytes that a name has, its lengths and the root included.</summary>
    public const int MaxBytes = 255;

    private const int MaxLabel = 63;
    private const int Pointer = 0xC0;

    /// <summary>
    /// Reads the name at <paramref name="position"/> as labels in lower case, without pointers. False for one that is
    /// cut off, too long, or points anywhere but to labels further back each time, so that it ends whatever it says.
    /// </summary>
    /// <param name="message">The whole message.</param>
    /// <param name="position">Where the name begins; then, what comes after it.</param>
    /// <param name="name">Room for <see cref="MaxBytes"/>.</param>
    /// <param name="length">How many it has, the root's among them.</param>
    /// <param name="starts">
    /// A bit for each byte of the message: where labels of the names that were read so far begin. Pointers have to lead
    /// to one, as they could to bytes that change. Empty: there may be no pointers.
    /// </param>
    public static bool TryRead(
        ReadOnlySpan<byte> message, ref int position, Span<byte> name, out int length, Span<byte> starts = default)
    {
        length = 0;
        int at = position, lowest = position, after = -1;
        while (true)
        {
            if ((uint)at >= (uint)message.Length) return false;
            int label = message[at];
            if (after < 0 && !starts.IsEmpty) starts[at >> 3] |= (byte)(1 << (at & 7));
            if (label > MaxLabel)
            {
                if (starts.IsEmpty || label < Pointer || at + 1 >= message.Length) return false;
                if (after < 0) after = at + 2;
                at = (label & ~Pointer) << 8 | message[at + 1];
                if (at >= lowest || (starts[at >> 3] >> (at & 7) & 1) == 0) return false;
                lowest = at;
                continue;
            }
            // A label and, after it, at least the root.
            if (at + label >= message.Length || length + label + (label > 0 ? 2 : 1) > MaxBytes) return false;
            name[length++] = (byte)label;
            if (label == 0) break;
            foreach (byte b in message.Slice(at + 1, label)) name[length++] = Lower(b);
            at += label + 1;
        }
        position = after < 0 ? at + 1 : after;
        return true;
    }

    /// <summary>Goes past a name without looking at what its pointer says.</summary>
    public static bool TrySkip(ReadOnlySpan<byte> message, ref int position)
    {
        while ((uint)position < (uint)message.Length)
        {
            int label = message[position];
            position += label > MaxLabel ? 2 : label + 1;
            if (label is 0 or > MaxLabel) return position <= message.Length && label is 0 or >= Pointer;
        }
        return false;
    }

    /// <summary>
    /// The name as text, its labels joined by dots, without one at the end. False for the root, and for labels that
    /// hold anything but printable ASCII, or a dot.
    /// </summary>
    public static bool TryText(ReadOnlySpan<byte> name, Span<byte> text, out int length)
    {
        length = 0;
        for (int at = 0; name[at] != 0; at += name[at] + 1)
        {
            if (length > 0) text[length++] = (byte)'.';
            foreach (byte b in name.Slice(at + 1, name[at]))
            {
                if (b is <= (byte)' ' or > (byte)'~' or (byte)'.') return false;
                text[length++] = b;
            }
        }
        return length > 0;
    }

    /// <summary>Writes text as labels; 0 when it is no name.</summary>
    public static int Write(ReadOnlySpan<byte> text, Span<byte> name)
    {
        if (text.Length is 0 or > MaxBytes - 2 || name.Length < text.Length + 2) return 0;
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] != '.')
            {
                name[i + 1] = text[i];
                continue;
            }
            if (i - start is 0 or > MaxLabel) return 0;
            name[start] = (byte)(i - start);
            start = i + 1;
        }
        name[start] = 0;
        return start + 1;
    }

    /// <summary>Whether two names, or questions, are the same in any case.</summary>
    public static bool AreSame(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.Length != other.Length) return false;
        for (int i = 0; i < one.Length; i++)
            if (Lower(one[i]) != Lower(other[i])) return false;
        return true;
    }

    /// <summary>ASCII letters in lower case (RFC 4343).</summary>
    public static byte Lower(byte b) => (uint)(b - 'A') <= 'Z' - 'A' ? (byte)(b | 0x20) : b;
}
