namespace Skiff.Interop;

/// <summary>One name in a directory.</summary>
/// <param name="Name">The name; bytes that are no UTF-8 are replaced, so such a name does not open again.</param>
/// <param name="Type">What it is; DT_UNKNOWN on filesystems that do not say.</param>
public readonly record struct DirectoryEntry(string Name, FileType Type);
