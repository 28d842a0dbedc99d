namespace Skiff.Interop.Libc;

/// <summary>
/// Buffers for the length of a call: each thread keeps a few. Not those of the runtime's pool: as soon as two of one
/// size are given back to that, it finds out how fast a processor tells its number (ProcessorIdCache), which takes each
/// process 0.2 ms, a tenth of what a short verb takes in all.
/// </summary>
internal static class CallBuffers
{
    /// <summary>Their size.</summary>
    internal const int Length = 4096;

    private const int Most = 4;

    [ThreadStatic]
    private static byte[][]? t_spare;

    [ThreadStatic]
    private static int t_count;

    /// <summary>A buffer of at least that size; its content is anything.</summary>
    internal static byte[] Rent(int atLeast = Length)
    {
        if (atLeast > Length) return GC.AllocateUninitializedArray<byte>(atLeast);
        return t_count == 0 ? GC.AllocateUninitializedArray<byte>(Length) : t_spare![--t_count];
    }

    /// <summary>Takes it back; nobody may use it any more.</summary>
    internal static void Return(byte[] buffer)
    {
        if (buffer.Length != Length || t_count == Most) return;
        t_spare ??= new byte[Most][];
        t_spare[t_count++] = buffer;
    }
}
