namespace Skiff.Interop.Tests;

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("skiff-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public Fd Open() => Files.Open(Path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);

    public void Dispose()
    {
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(Path);
        if (failures.Count > 0) throw new AggregateException($"{Path} is left behind", failures);
    }
}
