using System.Runtime.InteropServices;

namespace Skiff.Layers.Tests.Support;

/// <summary>The system's zlib as an oracle: what it takes, what it refuses, and what comes out.</summary>
public static class Zlib
{
    /// <summary>windowBits for bare DEFLATE and for one gzip member.</summary>
    public const int Raw = -15, Gzip = 15 + 16;

    private const int StreamEnd = 1, SyncFlush = 2;

    /// <summary>Whether the stream ends well, what came out of it until then, and how many bytes it took.</summary>
    public readonly record struct Result(bool IsWhole, byte[] Output, int Consumed);

    public static Result Inflate(byte[] input, int windowBits)
    {
        GCHandle pin = GCHandle.Alloc(input, GCHandleType.Pinned);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(64 << 10, pinned: true);
        var stream = new ZStream
        {
            NextIn = pin.AddrOfPinnedObject(),
            AvailIn = (uint)input.Length,
        };
        Assert.Equal(0, inflateInit2_(ref stream, windowBits, "1.2.11", Marshal.SizeOf<ZStream>()));
        try
        {
            var output = new MemoryStream();
            int status;
            do
            {
                stream.NextOut = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0);
                stream.AvailOut = (uint)buffer.Length;
                status = inflate(ref stream, SyncFlush);
                output.Write(buffer, 0, buffer.Length - (int)stream.AvailOut);
            }
            while (status == 0 && stream.AvailOut == 0);
            return new Result(status == StreamEnd, output.ToArray(), (int)stream.TotalIn);
        }
        finally
        {
            _ = inflateEnd(ref stream);
            pin.Free();
        }
    }

    [DllImport("libz.so.1")]
    private static extern int inflateInit2_(
        ref ZStream stream, int windowBits, [MarshalAs(UnmanagedType.LPUTF8Str)] string version, int size);

    [DllImport("libz.so.1")]
    private static extern int inflate(ref ZStream stream, int flush);

    [DllImport("libz.so.1")]
    private static extern int inflateEnd(ref ZStream stream);

    /// <summary>z_stream of zlib.h, 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ZStream
    {
        public nint NextIn;
        public uint AvailIn;
        public ulong TotalIn;
        public nint NextOut;
        public uint AvailOut;
        public ulong TotalOut;
        public nint Message, State, Allocate, Free, Opaque;
        public int DataType;
        public ulong Adler, Reserved;
    }
}
