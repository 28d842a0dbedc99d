using static Skiff.Layers.Compression.DeflateCodes;

namespace Skiff.Layers.Compression;

/// <summary>
/// The way to decode near the ends of the buffers: looks at every byte before it is touched. A symbol, its extra bits,
/// and the distance that follows are taken as a whole, 48 bits at most, or not at all.
/// </summary>
public sealed partial class Inflater
{
    private const string TooFar = "distance too far back", BadDistance = "invalid distance code";

    private InflateStatus? Decode(ReadOnlySpan<byte> input, ref int read, Span<byte> output, ref int written)
    {
        while (true)
        {
            if (input.Length - read >= FastInputBytes && output.Length - written >= FastOutputBytes)
            {
                if (DecodeFast(input, ref read, output, ref written) is { } fault) return Refuse(fault);
            }
            if (_bitCount < 48) Fill(input, ref read);
            InflateStatus? next = _state == State.Match ? CopyMatch(output, ref written)
                : DecodeSymbol(output, ref written);
            if (next is not { } status) continue;
            // What has to be completed by more input stays here: that input is used up.
            if (status != InflateStatus.NeedsInput) Unread(ref read);
            return status;
        }
    }

    private InflateStatus? DecodeSymbol(Span<byte> output, ref int written)
    {
        uint entry = LookUpLitLen(out int linkBits);
        int taken = linkBits + (int)(entry & 31);
        if (taken > _bitCount) return InflateStatus.NeedsInput;
        if ((int)entry >= 0 && (entry & Exceptional) != 0)
        {
            if ((entry & EndOfBlock) == 0) return Refuse("invalid literal/length code");
            Take(taken);
            return EndBlock();
        }
        if (written == output.Length) return InflateStatus.NeedsOutput;
        if ((int)entry >= 0)
        {
            int length = (int)(entry >> 16 & 511) + Extra(entry, linkBits, entry >> 25);
            return TakeMatch(length, taken) ?? CopyMatch(output, ref written);
        }
        Take(taken);
        output[written++] = (byte)(entry >> 8);
        return null;
    }

    // The distance stands behind the bits that the length takes.
    private InflateStatus? TakeMatch(int length, int taken)
    {
        ulong entry = LookUpDistance(taken, out int linkBits);
        int end = taken + linkBits + (int)(entry & 31);
        if (end > _bitCount) return InflateStatus.NeedsInput;
        if ((entry & Exceptional) != 0) return Refuse(BadDistance);
        (_matchLeft, _matchDistance) = (length, (int)((uint)entry >> 16)
            + Extra((uint)entry, taken + linkBits, (uint)(entry >> 32)));
        Take(end);
        return null;
    }

    // As much of the match as there is room for. Null when that was all.
    private InflateStatus? CopyMatch(Span<byte> output, ref int written)
    {
        if (_matchDistance > written + _history) return Refuse(TooFar);
        int count = Math.Min(_matchLeft, output.Length - written);
        int behind = Math.Min(_matchDistance - written, count);
        _matchLeft -= count;
        if (behind > 0)
        {
            _window.AsSpan(WindowBytes + written - _matchDistance, behind).CopyTo(output[written..]);
            (written, count) = (written + behind, count - behind);
        }
        // Byte by byte: a match may overlap what it writes.
        for (int end = written + count; written < end; written++) output[written] = output[written - _matchDistance];
        _state = _matchLeft > 0 ? State.Match : State.Codes;
        return _matchLeft > 0 ? InflateStatus.NeedsOutput : null;
    }

    private uint LookUpLitLen(out int linkBits)
    {
        uint entry = _litLen[(int)Peek(LitLenBits)];
        linkBits = 0;
        if ((int)entry < 0 || !IsLink(entry)) return entry;
        linkBits = LitLenBits;
        return _litLen[Linked(entry, _bits >> linkBits)];
    }

    private ulong LookUpDistance(int skip, out int linkBits)
    {
        ulong bits = _bits >> skip, entry = _distances[(int)(bits & LowBits(DistanceBits))];
        linkBits = 0;
        if (!IsLink((uint)entry)) return entry;
        linkBits = DistanceBits;
        return _distances[Linked((uint)entry, bits >> linkBits)];
    }

    private static bool IsLink(uint entry) => (entry & (Exceptional | Link)) == (Exceptional | Link);

    private static int Linked(uint entry, ulong rest) =>
        (int)(entry >> 16) + (int)(rest & LowBits((int)(entry >> 8 & 15)));

    // The extra bits stand behind the code.
    private int Extra(uint entry, int skip, uint mask) =>
        (int)(uint)(_bits >> skip + (int)(entry >> 8 & 15)) & (int)mask;
}
