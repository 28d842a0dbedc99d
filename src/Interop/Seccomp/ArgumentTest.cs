using static Skiff.Interop.Seccomp.ReverseAssembler;

namespace Skiff.Interop.Seccomp;

/// <summary>
/// Comparisons of 64-bit arguments on BPF's 32-bit machine: the upper half decides unless it is equal, then the lower.
/// </summary>
internal static class ArgumentTest
{
    private const uint OffsetOfArguments = 16;

    /// <summary>Writes the test of one argument; returns its label.</summary>
    internal static int Emit(ReverseAssembler code, SeccompArgument test, int whenTrue, int whenFalse)
    {
        int yes = code.Near(whenTrue);
        int no = code.Near(whenFalse);
        return test.Operator switch
        {
            SeccompOperator.EQ => Equal(code, test, yes, no),
            SeccompOperator.NE => Equal(code, test, no, yes),
            SeccompOperator.GT => Greater(code, test, Test.JGT, yes, no),
            SeccompOperator.LE => Greater(code, test, Test.JGT, no, yes),
            SeccompOperator.GE => Greater(code, test, Test.JGE, yes, no),
            SeccompOperator.LT => Greater(code, test, Test.JGE, no, yes),
            SeccompOperator.MASKED_EQ => Masked(code, test, yes, no),
            _ => throw new ArgumentOutOfRangeException(nameof(test)),
        };
    }

    private static int Equal(ReverseAssembler code, SeccompArgument test, int yes, int no)
    {
        code.Jump(Test.JEQ, Low(test.Value), yes, no);
        int lower = code.Load(LowerHalf(test));
        code.Jump(Test.JEQ, High(test.Value), lower, no);
        return code.Load(UpperHalf(test));
    }

    private static int Greater(ReverseAssembler code, SeccompArgument test, Test lowerTest, int yes, int no)
    {
        code.Jump(lowerTest, Low(test.Value), yes, no);
        int lower = code.Load(LowerHalf(test));
        int equal = code.Jump(Test.JEQ, High(test.Value), lower, no);
        code.Jump(Test.JGT, High(test.Value), yes, equal);
        return code.Load(UpperHalf(test));
    }

    private static int Masked(ReverseAssembler code, SeccompArgument test, int yes, int no)
    {
        ulong wanted = test.ValueTwo & test.Value;
        code.Jump(Test.JEQ, Low(wanted), yes, no);
        code.And(Low(test.Value));
        int lower = code.Load(LowerHalf(test));
        if (High(test.Value) == 0) return lower;
        code.Jump(Test.JEQ, High(wanted), lower, no);
        code.And(High(test.Value));
        return code.Load(UpperHalf(test));
    }

    private static uint Low(ulong value) => (uint)value;

    private static uint High(ulong value) => (uint)(value >> 32);

    // Both architectures are little-endian: the lower half comes first.
    private static uint LowerHalf(SeccompArgument test) => OffsetOfArguments + (8 * (uint)test.Index);

    private static uint UpperHalf(SeccompArgument test) => LowerHalf(test) + 4;
}
