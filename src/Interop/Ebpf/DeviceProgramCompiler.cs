namespace Skiff.Interop.Ebpf;

/// <summary>
/// Turns device rules into eBPF. The program walks the rules from the last to the first and keeps in r3 the accesses
/// that no rule has decided yet: an allowing rule strikes its accesses out, a denying one refuses when one of its own
/// is left. So each access is judged by the last rule about it, and an open for reading and writing needs both.
/// </summary>
internal ref struct DeviceProgramCompiler
{
    private const byte LDX_W = 0x61;
    private const byte AND32_K = 0x54;
    private const byte RSH32_K = 0x74;
    private const byte MOV64_K = 0xB7;
    private const byte JNE_K = 0x55;
    private const byte JSET_K = 0x45;
    private const byte JA = 0x05;
    private const byte EXIT = 0x95;

    private const byte Result = 0;
    private const byte Context = 1;
    private const byte Kind = 2;
    private const byte Access = 3;
    private const byte Major = 4;
    private const byte Minor = 5;

    private readonly List<ulong> _code = new(128);

    public DeviceProgramCompiler()
    {
    }

    /// <summary>The program, 8 bytes an instruction. What no rule is about is denied.</summary>
    internal static ulong[] Compile(IReadOnlyList<DeviceRule> rules)
    {
        var compiler = new DeviceProgramCompiler();
        compiler.LoadContext();
        for (int i = rules.Count - 1; i >= 0; i--)
        {
            compiler.AddRule(rules[i]);
            // The verifier refuses code that can never run.
            if (DecidesAll(rules[i])) return [.. compiler._code];
        }
        compiler.Return(allow: false);
        return [.. compiler._code];
    }

    private static bool DecidesAll(DeviceRule rule) =>
        rule is { Kind: DeviceKind.All, Major: null, Minor: null, Access: DeviceAccess.All };

    /// <summary>
    /// struct bpf_cgroup_dev_ctx: access in the upper and kind in the lower half of a word, major, minor.
    /// </summary>
    private readonly void LoadContext()
    {
        Emit(LDX_W, Kind, Context, 0, 0);
        Emit(LDX_W, Access, Context, 0, 0);
        Emit(AND32_K, Kind, 0, 0, 0xFFFF);
        Emit(RSH32_K, Access, 0, 0, 16);
        Emit(LDX_W, Major, Context, 4, 0);
        Emit(LDX_W, Minor, Context, 8, 0);
    }

    private readonly void AddRule(DeviceRule rule)
    {
        int first = _code.Count;
        if (rule.Kind != DeviceKind.All) Emit(JNE_K, Kind, 0, 0, (int)rule.Kind);
        if (rule.Major is { } major) Emit(JNE_K, Major, 0, 0, (int)major);
        if (rule.Minor is { } minor) Emit(JNE_K, Minor, 0, 0, (int)minor);
        int body = _code.Count;
        if (rule.Access != DeviceAccess.All) AddAccess(rule);
        Return(rule.Allow);
        // Both the comparisons above and those of the accesses leave to the next rule, which begins here.
        for (int i = first; i < body; i++) _code[i] = WithOffset(_code[i], _code.Count - i - 1);
    }

    private readonly void AddAccess(DeviceRule rule)
    {
        const int OverReturn = 2;
        if (rule.Allow)
        {
            Emit(AND32_K, Access, 0, 0, (int)(DeviceAccess.All & ~rule.Access));
            Emit(JNE_K, Access, 0, OverReturn, 0);
            return;
        }
        Emit(JSET_K, Access, 0, 1, (int)rule.Access);
        Emit(JA, 0, 0, OverReturn, 0);
    }

    private readonly void Return(bool allow)
    {
        Emit(MOV64_K, Result, 0, 0, allow ? 1 : 0);
        Emit(EXIT, 0, 0, 0, 0);
    }

    private readonly void Emit(byte code, byte destination, byte source, short offset, int immediate)
    {
        ulong registers = (ulong)(destination | (source << 4)) << 8;
        _code.Add(WithOffset(code | registers | ((ulong)(uint)immediate << 32), offset));
    }

    private static ulong WithOffset(ulong instruction, int offset) =>
        (instruction & ~0xFFFF0000UL) | ((ulong)(ushort)checked((short)offset) << 16);
}
