using System.Net;
using System.Runtime.InteropServices;

namespace Skiff.Interop.Ebpf;

/// <summary>
/// The program of <see cref="SocketSteering"/>. It compares family, address and port, takes the protocol's socket out
/// of the map, and assigns it; everything else goes on as if it were not there.
/// </summary>
internal static class LookupProgram
{
    /// <summary>Where the UDP socket is in the map.</summary>
    internal const int UdpKey = 0;

    /// <summary>Where the TCP socket is in the map.</summary>
    internal const int TcpKey = 1;

    private const byte LDX_W = 0x61;
    private const byte STX_W = 0x63;
    private const byte LD_DW = 0x18;
    private const byte MOV64_K = 0xB7;
    private const byte MOV64_X = 0xBF;
    private const byte ADD64_K = 0x07;
    private const byte JEQ_K = 0x15;
    private const byte JNE_K = 0x55;
    private const byte CALL = 0x85;
    private const byte EXIT = 0x95;
    private const byte BPF_PSEUDO_MAP_FD = 1;
    private const int BPF_FUNC_map_lookup_elem = 1;
    private const int BPF_FUNC_sk_release = 86;
    private const int BPF_FUNC_sk_assign = 124;
    private const int SK_PASS = 1;
    private const int AF_INET = 2;
    private const int IPPROTO_UDP = 17;
    private const int Family = 8, Protocol = 12, LocalIp4 = 40, LocalPort = 60; // struct bpf_sk_lookup

    /// <summary>8 bytes an instruction.</summary>
    internal static ulong[] Build(Fd map, IPAddress address, ushort port)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        // An offset of Pass jumps to the end, which is put in when it is known.
        const short Pass = -1;
        ulong[] code =
        [
            Instruction(MOV64_X, 6, 1),
            Instruction(LDX_W, 2, 6, Family),
            Instruction(JNE_K, 2, 0, Pass, AF_INET),
            Instruction(LDX_W, 2, 6, LocalIp4),
            Instruction(JNE_K, 2, 0, Pass, MemoryMarshal.Read<int>(bytes)),
            Instruction(LDX_W, 2, 6, LocalPort),
            Instruction(JNE_K, 2, 0, Pass, port),
            Instruction(LDX_W, 2, 6, Protocol),
            Instruction(MOV64_K, 3, 0, 0, UdpKey),
            Instruction(JEQ_K, 2, 0, 1, IPPROTO_UDP),
            Instruction(MOV64_K, 3, 0, 0, TcpKey),
            Instruction(STX_W, 10, 3, -4),
            Instruction(MOV64_X, 2, 10),
            Instruction(ADD64_K, 2, 0, 0, -4),
            Instruction(LD_DW, 1, BPF_PSEUDO_MAP_FD, 0, map.Number),
            0, // The upper half of the 64-bit immediate.
            Instruction(CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
            Instruction(JEQ_K, 0, 0, Pass, 0),
            Instruction(MOV64_X, 7, 0),
            Instruction(MOV64_X, 1, 6),
            Instruction(MOV64_X, 2, 0),
            Instruction(MOV64_K, 3),
            Instruction(CALL, 0, 0, 0, BPF_FUNC_sk_assign),
            Instruction(MOV64_X, 1, 7),
            Instruction(CALL, 0, 0, 0, BPF_FUNC_sk_release),
            Instruction(MOV64_K, 0, 0, 0, SK_PASS),
            Instruction(EXIT, 0),
        ];
        int end = code.Length - 2;
        for (int i = 0; i < code.Length; i++)
            if ((byte)code[i] is JNE_K or JEQ_K && (short)(code[i] >> 16) == Pass)
                code[i] = code[i] & ~0xFFFF_0000UL | (ulong)(ushort)(end - i - 1) << 16;
        return code;
    }

    private static ulong Instruction(
        byte code, byte destination, byte source = 0, short offset = 0, int immediate = 0) =>
        code | (ulong)(destination | source << 4) << 8 | (ulong)(ushort)offset << 16 | (ulong)(uint)immediate << 32;
}
