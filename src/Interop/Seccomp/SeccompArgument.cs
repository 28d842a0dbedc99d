namespace Skiff.Interop.Seccomp;

/// <summary>A condition on one argument of a system call.</summary>
/// <param name="Index">Which argument: 0 to 5.</param>
/// <param name="Value">What it is compared with; the mask of <see cref="SeccompOperator.MASKED_EQ"/>.</param>
/// <param name="ValueTwo">The wanted value under the mask; unused otherwise.</param>
/// <param name="Operator">The comparison.</param>
public readonly record struct SeccompArgument(int Index, ulong Value, ulong ValueTwo, SeccompOperator Operator);
