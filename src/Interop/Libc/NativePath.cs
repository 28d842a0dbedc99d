using System.Text;

namespace Skiff.Interop.Libc;

/// <summary>A path as NUL-terminated UTF-8 in a buffer of the thread, for the length of one call.</summary>
internal readonly ref struct NativePath
{
    private readonly byte[] _buffer;

    /// <summary>Encodes <paramref name="path"/>; a path with a NUL inside is refused, since the kernel would cut it
    /// there.</summary>
    internal NativePath(string path)
    {
        if (path.Contains('\0')) throw new LinuxException(Errno.EINVAL, "path with NUL", path.Replace('\0', '?'));
        _buffer = CallBuffers.Rent(Encoding.UTF8.GetMaxByteCount(path.Length) + 1);
        int length = Encoding.UTF8.GetBytes(path, _buffer);
        _buffer[length] = 0;
        Bytes = _buffer.AsSpan(0, length + 1);
    }

    /// <summary>
    /// Copies a path that is bytes already; the caller has looked for NULs, or lives with a path that ends at one.
    /// </summary>
    internal NativePath(ReadOnlySpan<byte> path)
    {
        _buffer = CallBuffers.Rent(path.Length + 1);
        path.CopyTo(_buffer);
        _buffer[path.Length] = 0;
        Bytes = _buffer.AsSpan(0, path.Length + 1);
    }

    /// <summary>The path and its NUL.</summary>
    internal ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose() => CallBuffers.Return(_buffer);
}
