using System.Buffers.Binary;
using Skiff.Interop;

namespace Skiff.Agent.Dns;

/// <summary>Random numbers from the kernel, fetched a few at a time.</summary>
internal sealed class RandomPool
{
    private readonly byte[] _bytes = new byte[256];
    private int _used = 256;

    /// <summary>32 random bits.</summary>
    public uint Next()
    {
        if (_used == _bytes.Length)
        {
            RandomBytes.Fill(_bytes);
            _used = 0;
        }
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(_used));
        _used += sizeof(uint);
        return value;
    }
}
