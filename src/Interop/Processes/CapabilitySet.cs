namespace Skiff.Interop.Processes;

/// <summary>A set of capabilities (capabilities(7)), one bit each.</summary>
/// <param name="Bits">Bit n is the capability with number n.</param>
public readonly record struct CapabilitySet(ulong Bits)
{
    /// <summary>No capability.</summary>
    public static CapabilitySet Empty => default;

    /// <summary>Whether the capability with number <paramref name="bit"/> is in the set.</summary>
    public bool Has(int bit) => (Bits >> bit & 1) != 0;

    /// <summary>Both sets together.</summary>
    public static CapabilitySet operator |(CapabilitySet a, CapabilitySet b) => new(a.Bits | b.Bits);

    /// <summary>What both sets have.</summary>
    public static CapabilitySet operator &(CapabilitySet a, CapabilitySet b) => new(a.Bits & b.Bits);

    /// <summary>The first set without the second.</summary>
    public static CapabilitySet operator -(CapabilitySet a, CapabilitySet b) => new(a.Bits & ~b.Bits);

    /// <summary>The names with their prefix, in the kernel's order: <c>CAP_CHOWN</c>, ...</summary>
    public IReadOnlyList<string> ToNames()
    {
        var names = new List<string>();
        for (int bit = 0; bit < 64; bit++)
            if (Has(bit)) names.Add(Capabilities.NameOf(bit));
        return names;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', ToNames());
}
