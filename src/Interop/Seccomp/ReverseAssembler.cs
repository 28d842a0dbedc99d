namespace Skiff.Interop.Seccomp;

/// <summary>
/// Writes classic BPF from its last instruction to its first. Jumps of BPF only go forward, so every target is known
/// when the jump to it is written, and its distance is exact. A label is the count of instructions from its own to the
/// end.
/// </summary>
internal sealed class ReverseAssembler
{
    private const ushort BPF_LD_W_ABS = 0x20;
    private const ushort BPF_AND_K = 0x54;
    private const ushort BPF_JA = 0x05;
    private const ushort BPF_RET_K = 0x06;

    /// <summary>
    /// Conditional jumps reach 255 instructions; the rest is room for the comparison that uses a label.
    /// </summary>
    private const int Reach = 240;

    private readonly List<(uint Action, int Label)> _returns = [];
    private ulong[] _code = new ulong[512];

    /// <summary>Conditional jumps.</summary>
    internal enum Test : ushort
    {
        /// <summary>A == k.</summary>
        JEQ = 0x15,

        /// <summary>A > k.</summary>
        JGT = 0x25,

        /// <summary>A >= k.</summary>
        JGE = 0x35,
    }

    /// <summary>Instructions so far; also the label of the one written last.</summary>
    internal int Count { get; private set; }

    /// <summary>The program, first instruction first.</summary>
    internal ulong[] ToArray()
    {
        ulong[] code = _code.AsSpan(0, Count).ToArray();
        Array.Reverse(code);
        return code;
    }

    /// <summary>
    /// A = the 32-bit word at <paramref name="offset"/> of <c>struct seccomp_data</c>. Falls through.
    /// </summary>
    internal int Load(uint offset) => Emit(BPF_LD_W_ABS, 0, 0, offset);

    /// <summary>A &amp;= <paramref name="mask"/>. Falls through.</summary>
    internal int And(uint mask) => Emit(BPF_AND_K, 0, 0, mask);

    /// <summary>Two-way jump; both labels within reach, see <see cref="Near"/>.</summary>
    internal int Jump(Test test, uint value, int whenTrue, int whenFalse) =>
        Emit((ushort)test, Distance(whenTrue), Distance(whenFalse), value);

    /// <summary>
    /// A label of <c>return action</c> that is within reach: the nearest one, or a new one where there is none.
    /// </summary>
    internal int Return(uint action)
    {
        for (int i = _returns.Count - 1; i >= 0; i--)
            if (_returns[i].Action == action && Count - _returns[i].Label <= Reach / 2) return _returns[i].Label;
        int label = Emit(BPF_RET_K, 0, 0, action);
        _returns.Add((action, label));
        return label;
    }

    /// <summary><paramref name="label"/>, or a trampoline to it where it is too far for a conditional jump.</summary>
    internal int Near(int label) => Count - label <= Reach ? label : Emit(BPF_JA, 0, 0, (uint)(Count - label));

    private byte Distance(int label) => checked((byte)(Count - label));

    private int Emit(ushort code, byte whenTrue, byte whenFalse, uint k)
    {
        if (Count == _code.Length) Array.Resize(ref _code, Count * 2);
        _code[Count++] = code | ((ulong)whenTrue << 16) | ((ulong)whenFalse << 24) | ((ulong)k << 32);
        return Count;
    }
}
