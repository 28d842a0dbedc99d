namespace Skiff.Interop.Libc;

/// <summary>One record of getdents64(2); the name is followed by a NUL in the buffer that it points into.</summary>
internal ref struct DirectoryRecord
{
    /// <summary>The raw name, without its NUL.</summary>
    internal ReadOnlySpan<byte> Name;

    /// <summary>Its type.</summary>
    internal FileType Type;
}
