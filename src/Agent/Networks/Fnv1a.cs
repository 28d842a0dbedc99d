namespace Skiff.Agent.Networks;

/// <summary>
/// FNV-1a: tells apart what nobody means to confuse. A digest of the system's library costs its load first,
/// milliseconds of every start.
/// </summary>
internal static class Fnv1a
{
    /// <summary>In 32 bits, of the characters.</summary>
    public static uint Of32(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text) hash = (hash ^ c) * 16777619;
        return hash;
    }

    /// <summary>In 64 bits.</summary>
    /// <param name="bytes">What it is of.</param>
    /// <param name="hash">That of what was before it.</param>
    public static ulong Of64(ReadOnlySpan<byte> bytes, ulong hash = 14695981039346656037)
    {
        foreach (byte value in bytes) hash = (hash ^ value) * 1099511628211;
        return hash;
    }
}
