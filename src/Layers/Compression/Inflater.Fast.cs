using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Skiff.Layers.Compression.DeflateCodes;

namespace Skiff.Layers.Compression;

/// <summary>
/// The way to decode where the buffers have room enough that no byte needs a look: nearly all of the time goes here.
/// </summary>
/// <remarks>
/// No access is checked by the runtime; these are the limits. Input: a turn of the loop fills the bits up twice, which
/// moves on by up to 7 bytes each and looks at 8. Output: a turn writes up to three literals, or two and a match, whose
/// last piece may go too far. Table indices are masked by the width that the table was built for, links are the
/// table's own, and <see cref="HuffmanTable"/> gives every entry in their reach a value.
/// The loop calls nothing, so that all of its state stays in registers.
/// </remarks>
public sealed partial class Inflater
{
    private const int FastInputBytes = 7 + 7 + 8, FastOutputBytes = 3 + MaxMatch + WideCopyBytes;

    // Stops in front of a symbol, when that is no data or when one of the buffers comes to its end; or with a match to
    // copy. Returns what is wrong with the data, if anything is.
    private string? DecodeFast(ReadOnlySpan<byte> input, ref int read, Span<byte> output, ref int written)
    {
        ref uint litLen = ref MemoryMarshal.GetArrayDataReference(_litLen);
        ref ulong distances = ref MemoryMarshal.GetArrayDataReference(_distances);
        ref byte source = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), read);
        ref byte target = ref Unsafe.Add(ref MemoryMarshal.GetReference(output), written);
        ref byte sourceEnd = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), input.Length - FastInputBytes);
        ref byte targetEnd = ref Unsafe.Add(ref MemoryMarshal.GetReference(output), output.Length - FastOutputBytes);
        (ulong bits, uint count) = (_bits, (uint)_bitCount);
        string? fault = null;

        source = ref Fill(ref source, ref bits, ref count);
        uint entry = Look(ref litLen, bits);
        while (!Unsafe.IsAddressGreaterThan(ref source, ref sourceEnd)
            && !Unsafe.IsAddressGreaterThan(ref target, ref targetEnd))
        {
            // Each look takes 11 bits at most, so that two leave 34 of 56: a length takes 20.
            if ((int)entry < 0)
            {
                target = ref Write(ref target, ref bits, ref count, entry);
                entry = Look(ref litLen, bits);
                if ((int)entry < 0)
                {
                    target = ref Write(ref target, ref bits, ref count, entry);
                    entry = Look(ref litLen, bits);
                }
            }
            if ((int)entry >= 0 && (entry & Exceptional) != 0
                && !TryFollow(ref litLen, ref entry, ref bits, ref count)) break;
            if ((int)entry < 0)
            {
                target = ref Write(ref target, ref bits, ref count, entry);
                source = ref Fill(ref source, ref bits, ref count);
                entry = Look(ref litLen, bits);
                continue;
            }
            // Of what bits are shifted by, six bits count; above the code's length these are zeros.
            nint length = (nint)((entry >> 16 & 511) + ((uint)(bits >> (int)(entry >> 8)) & entry >> 25));
            Drop(ref bits, ref count, entry);
            if ((byte)count < 28) source = ref Fill(ref source, ref bits, ref count);

            ulong wide = Unsafe.Add(ref distances, (uint)(bits & LowBits(DistanceBits)));
            if ((wide & Exceptional) != 0 && !TryFollow(ref distances, ref wide, ref bits, ref count))
            {
                fault = BadDistance;
                break;
            }
            nint distance = (nint)(((uint)wide >> 16) + ((uint)(bits >> (int)(wide >> 8)) & (uint)(wide >> 32)));
            Drop(ref bits, ref count, (uint)wide);
            source = ref Fill(ref source, ref bits, ref count);
            entry = Look(ref litLen, bits);

            nint behind = distance - Unsafe.ByteOffset(ref MemoryMarshal.GetReference(output), ref target);
            if (behind <= 0) target = ref CopyForward(ref target, length, distance);
            else if (behind >= length && behind <= _history) target = ref CopyFromWindow(ref target, length, behind);
            else
            {
                (_matchLeft, _matchDistance, _state) = ((int)length, (int)distance, State.Match);
                break;
            }
        }
        read = (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(input), ref source);
        written = (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(output), ref target);
        _bitCount = (int)(count & 63);
        _bits = bits & LowBits(_bitCount);
        return fault;
    }

    // From a link to the symbol that the further bits name. False when that, or the entry itself, is none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryFollow(
        ref uint litLen, scoped ref uint entry, scoped ref ulong bits, scoped ref uint count)
    {
        if ((entry & Link) == 0) return false;
        entry = Unsafe.Add(ref litLen, Linked(entry, bits >> LitLenBits));
        if ((int)entry >= 0 && (entry & Exceptional) != 0) return false;
        Drop(ref bits, ref count, LitLenBits);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryFollow(
        ref ulong distances, scoped ref ulong entry, scoped ref ulong bits, scoped ref uint count)
    {
        if ((entry & Link) == 0) return false;
        entry = Unsafe.Add(ref distances, Linked((uint)entry, bits >> DistanceBits));
        if ((entry & Exceptional) != 0) return false;
        Drop(ref bits, ref count, DistanceBits);
        return true;
    }

    // At least 56 bits, without a branch: a byte that does not fit whole is read again the next time.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Fill(ref byte source, scoped ref ulong bits, scoped ref uint count)
    {
        bits |= Unsafe.ReadUnaligned<ulong>(ref source) << (int)count;
        uint bytes = 7 - (count >> 3 & 7);
        count |= 56;
        return ref Unsafe.Add(ref source, bytes);
    }

    // Takes an entry's bits. It is subtracted whole: only the low byte of count has a meaning.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Drop(ref ulong bits, ref uint count, uint entry)
    {
        bits >>= (int)entry;
        count -= entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Look(ref uint litLen, ulong bits) =>
        Unsafe.Add(ref litLen, (uint)bits & ((1u << LitLenBits) - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Write(ref byte target, scoped ref ulong bits, scoped ref uint count, uint entry)
    {
        target = (byte)(entry >> 8);
        Drop(ref bits, ref count, entry);
        return ref Unsafe.Add(ref target, 1);
    }
}
