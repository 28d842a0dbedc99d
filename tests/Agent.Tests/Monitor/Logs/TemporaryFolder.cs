namespace Skiff.Agent.Tests.Monitor.Logs;

/// <summary>A folder that goes with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Where.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("skiff-logs-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
