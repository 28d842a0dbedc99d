namespace Skiff.System.Tests;

/// <summary>Debian's containerd and dockerd, with skiff-runtime; for the tests of one class.</summary>
public sealed class EngineSession : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("en-").FullName;

    public EngineSession(SkiffHost host)
    {
        Command.Run(SkiffHost.Script("engines"), "install").Exits(0);
        using var up = Command.Start(SkiffHost.Script("engines"), ["up", _folder], host.Variables());
        up.Finish().Exits(0);
    }

    /// <summary>A folder that all engines see.</summary>
    public string Folder => _folder;

    /// <summary>Runs a command beside them to its end.</summary>
    public CommandResult Run(params string[] arguments) =>
        Command.Run(SkiffHost.Script("engines"), ["in", _folder, .. arguments]);

    public void Dispose()
    {
        Command.Run(SkiffHost.Script("engines"), "down", _folder).Exits(0);
        Directory.Delete(_folder, recursive: true);
    }
}
