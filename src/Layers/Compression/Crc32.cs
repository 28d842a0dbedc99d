using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Skiff.Layers.Compression;

/// <summary>
/// The CRC-32 of gzip (RFC 1952 section 8). Its value can be written down and taken up again, which the platform's
/// cannot.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] s_byByte = MakeTable();

    /// <summary>The CRC of what <paramref name="crc"/> is the CRC of, followed by <paramref name="data"/>. Of nothing
    /// it is 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        uint state = ~crc;
        if (Pclmulqdq.IsSupported && data.Length >= 128) state = Fold(state, ref data);
        else if (ArmCrc32.Arm64.IsSupported) state = ByWords(state, ref data);
        return ~ByBytes(state, data);
    }

    /// <summary>One byte after the other: the ends of longer data, and all of it without the instructions.</summary>
    internal static uint ByBytes(uint state, ReadOnlySpan<byte> data)
    {
        foreach (byte value in data) state = s_byByte[(byte)(state ^ value)] ^ state >> 8;
        return state;
    }

    // Four remainders of 128 bits go over the data side by side. The factors are powers of x modulo the polynomial,
    // bits reflected, as in Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel, 2009).
    private static uint Fold(uint state, ref ReadOnlySpan<byte> data)
    {
        Vector128<ulong> by512 = Vector128.Create(0x1_5444_2BD4UL, 0x1_C6E4_1596UL);
        Vector128<ulong> by128 = Vector128.Create(0x1_7519_97D0UL, 0x0_CCAA_009EUL);
        ref byte at = ref MemoryMarshal.GetReference(data);
        Vector128<ulong> a = Load(ref at, 0) ^ Vector128.CreateScalar((ulong)state);
        Vector128<ulong> b = Load(ref at, 1), c = Load(ref at, 2), d = Load(ref at, 3);
        int left = data.Length - 64;
        for (; left >= 64; left -= 64)
        {
            at = ref Unsafe.Add(ref at, 64);
            a = Times(a, by512) ^ Load(ref at, 0);
            b = Times(b, by512) ^ Load(ref at, 1);
            c = Times(c, by512) ^ Load(ref at, 2);
            d = Times(d, by512) ^ Load(ref at, 3);
        }
        a = Times(Times(Times(a, by128) ^ b, by128) ^ c, by128) ^ d;
        data = data[^left..];
        Span<byte> remainder = stackalloc byte[16];
        a.AsByte().CopyTo(remainder);
        return ByBytes(0, remainder);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte at, nuint index) =>
        Vector128.LoadUnsafe(ref at, index * 16).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Times(Vector128<ulong> value, Vector128<ulong> factors) =>
        Pclmulqdq.CarrylessMultiply(value, factors, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, factors, 0x11);

    private static uint ByWords(uint state, ref ReadOnlySpan<byte> data)
    {
        for (; data.Length >= 8; data = data[8..])
            state = ArmCrc32.Arm64.ComputeCrc32(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
        return state;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint value = 0; value < 256; value++)
        {
            uint state = value;
            for (int bit = 0; bit < 8; bit++) state = state >> 1 ^ (state & 1) * Polynomial;
            table[value] = state;
        }
        return table;
    }
}
