namespace Skiff.Interop.Tests.Processes;

/// <summary>A file with a name of its own, so that descriptors of it can be told from those of tests beside.</summary>
internal sealed class TemporaryFile : IDisposable
{
    internal TemporaryFile(string content = "", UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        File.WriteAllText(Path, content);
        File.SetUnixFileMode(Path, mode);
    }

    internal string Path { get; } = System.IO.Path.Combine(
        System.IO.Path.GetTempPath(), $"skiff-test-{Guid.NewGuid():N}");

    /// <summary>How many descriptors of this process refer to the file.</summary>
    internal int CountDescriptors()
    {
        int count = 0;
        foreach (string entry in Directory.GetFileSystemEntries("/proc/self/fd"))
            if (Files.TryReadLink(entry, out string target) && target == Path) count++;
        return count;
    }

    public void Dispose() => File.Delete(Path);
}
