namespace Skiff.Interop.Tests.Abi;

/// <summary>
/// One claim: the C expression has this value (its low <paramref name="Bits"/> bits). <paramref name="Source"/> says
/// where
/// the C# side has it from.
/// </summary>
internal sealed record AbiRow(string Expression, ulong Value, int Bits, string Source);
