using System.Buffers.Binary;
using Skiff.Interop.Seccomp;

namespace Skiff.Interop.Tests.Seccomp;

/// <summary>Runs classic BPF as the kernel's seccomp does, checking what its verifier checks.</summary>
internal static class BpfMachine
{
    /// <summary>The filter's return value and how many instructions it took.</summary>
    internal static (uint Value, int Steps) Run(SeccompFilter filter, uint audit, uint number,
        ReadOnlySpan<ulong> arguments)
    {
        ReadOnlySpan<byte> code = filter.Bytes;
        Span<byte> data = stackalloc byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], audit);
        for (int i = 0; i < arguments.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + (8 * i))..],
            arguments[i]);
        uint a = 0;
        for (int pc = 0, steps = 1; ; pc++, steps++)
        {
            ReadOnlySpan<byte> at = code[(pc * 8)..];
            uint k = BinaryPrimitives.ReadUInt32LittleEndian(at[4..]);
            switch (BinaryPrimitives.ReadUInt16LittleEndian(at))
            {
                case 0x20:
                    Assert.True(k % 4 == 0 && k < 64);
                    a = BinaryPrimitives.ReadUInt32LittleEndian(data[(int)k..]);
                    break;
                case 0x54: a &= k; break;
                case 0x05: pc += (int)k; break;
                case 0x15: pc += a == k ? at[2] : at[3]; break;
                case 0x25: pc += a > k ? at[2] : at[3]; break;
                case 0x35: pc += a >= k ? at[2] : at[3]; break;
                case 0x06: return (k, steps);
                default: throw new InvalidOperationException($"instruction {pc} has code {at[0]:x}");
            }
        }
    }
}
