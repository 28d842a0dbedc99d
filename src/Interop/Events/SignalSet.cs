namespace Skiff.Interop.Events;

/// <summary>A set of signals as the kernel holds it: bit n-1 is signal n.</summary>
/// <param name="Bits">The 64 bits.</param>
public readonly record struct SignalSet(ulong Bits)
{
    /// <summary>No signal.</summary>
    public static SignalSet Empty => default;

    /// <summary>Every signal.</summary>
    public static SignalSet All => new(ulong.MaxValue);

    /// <summary>The set of these signal numbers (1 to 64).</summary>
    public static SignalSet Of(params ReadOnlySpan<int> signals)
    {
        ulong bits = 0;
        foreach (int signal in signals) bits |= Bit(signal);
        return new SignalSet(bits);
    }

    /// <summary>Whether the signal is in the set.</summary>
    public bool Contains(int signal) => (Bits & Bit(signal)) != 0;

    private static ulong Bit(int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signal, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(signal, 64);
        return 1ul << (signal - 1);
    }
}
