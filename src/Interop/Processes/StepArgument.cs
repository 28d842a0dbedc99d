namespace Skiff.Interop.Processes;

/// <summary>
/// One argument of a step: a number, a descriptor, a pointer into the program's memory, or the result of an earlier
/// step, which the child reads when it gets there.
/// </summary>
public readonly struct StepArgument
{
    private StepArgument(long value, bool indirect, Fd? fd = null)
    {
        Value = value;
        Indirect = indirect;
        Fd = fd;
    }

    /// <summary>The number, or with <see cref="Indirect"/> the address to read it from.</summary>
    internal long Value { get; }

    /// <summary>Whether the child reads the argument from memory at <see cref="Value"/>.</summary>
    internal bool Indirect { get; }

    /// <summary>The descriptor that must stay open until the launch; the program keeps it alive.</summary>
    internal Fd? Fd { get; }

    /// <summary>A number.</summary>
    public static implicit operator StepArgument(int value) => new(value, false);

    /// <summary>A number, zero-extended.</summary>
    public static implicit operator StepArgument(uint value) => new(value, false);

    /// <summary>A number.</summary>
    public static implicit operator StepArgument(long value) => new(value, false);

    /// <summary>A number.</summary>
    public static implicit operator StepArgument(ulong value) => new((long)value, false);

    /// <summary>
    /// A descriptor of this process, which the child inherits; the caller must not dispose it before the launch.
    /// </summary>
    public static implicit operator StepArgument(Fd fd) => new(fd.Number, false, fd);

    /// <summary>The address of program memory.</summary>
    public static implicit operator StepArgument(LaunchMemory memory) => new(memory.Address, false);

    /// <summary>The result of an earlier step.</summary>
    public static implicit operator StepArgument(LaunchStep step) => new(step.Result, true);

    /// <summary>The 64-bit value that program memory holds when the child gets there.</summary>
    public static StepArgument ValueAt(LaunchMemory memory) => new(memory.Address, true);
}
