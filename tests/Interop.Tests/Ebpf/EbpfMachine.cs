using Skiff.Interop.Ebpf;

namespace Skiff.Interop.Tests.Ebpf;

/// <summary>Runs the subset of eBPF that device programs use.</summary>
internal static class EbpfMachine
{
    internal static bool Allows(ulong[] code, DeviceKind kind, uint major, uint minor, DeviceAccess access)
    {
        uint[] context = [((uint)access << 16) | (uint)kind, major, minor];
        ulong[] r = new ulong[11];
        for (int pc = 0; ; pc++)
        {
            ulong instruction = code[pc];
            int to = (int)(instruction >> 8) & 15;
            short offset = (short)(instruction >> 16);
            ulong immediate = (ulong)(int)(instruction >> 32);
            switch ((byte)instruction)
            {
                case 0x61: r[to] = context[offset / 4]; break;
                case 0x54: r[to] = (uint)r[to] & (uint)immediate; break;
                case 0x74: r[to] = (uint)r[to] >> (int)immediate; break;
                case 0xB7: r[to] = immediate; break;
                case 0x55: if (r[to] != immediate) pc += offset; break;
                case 0x45: if ((r[to] & immediate) != 0) pc += offset; break;
                case 0x05: pc += offset; break;
                case 0x95: return r[0] != 0;
                default: throw new InvalidOperationException($"instruction {pc}: {instruction:x}");
            }
        }
    }
}
