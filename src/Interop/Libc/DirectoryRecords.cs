using System.Buffers.Binary;

namespace Skiff.Interop.Libc;

/// <summary>
/// The records that getdents64(2) put into a buffer, <c>.</c> and <c>..</c> left out. Allocates nothing.
/// </summary>
internal ref struct DirectoryRecords(ReadOnlySpan<byte> buffer)
{
    // struct linux_dirent64: u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[].
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    private ReadOnlySpan<byte> _rest = buffer;

    /// <summary>The record that <see cref="MoveNext"/> found; its name points into the buffer.</summary>
    public DirectoryRecord Current { get; private set; }

    /// <summary>For foreach.</summary>
    public readonly DirectoryRecords GetEnumerator() => this;

    /// <summary>Steps to the next record.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[LengthOffset..]);
            ReadOnlySpan<byte> name = _rest[NameOffset..length];
            name = name[..name.IndexOf((byte)0)];
            Current = new DirectoryRecord { Name = name, Type = (FileType)_rest[TypeOffset] };
            _rest = _rest[length..];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)) return true;
        }
        return false;
    }
}
