namespace Skiff.Agent.Monitor;

/// <summary>Buffers that cost a monitor no memory before they are used, and then only as far as they are.</summary>
internal static class LazyBuffer
{
    /// <summary>
    /// An array whose pages nobody has touched: not cleared, and pinned so that no compaction copies it.
    /// </summary>
    public static byte[] Create(int bytes) => GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
}
