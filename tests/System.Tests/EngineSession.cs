namespace Skiff.System.Tests;

/// <summary>Debian's containerd and dockerd, with skiff-runtime; for the tests of one class.</summary>
public sealed class EngineSession : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("en-").FullName;

    public EngineSession(SkiffHost host) : this(host, "none")
    {
    }

    /// <summary>With <paramref name="network"/> "bridge" dockerd has its bridge and its rules.</summary>
    internal EngineSession(SkiffHost host, string network)
    {
        Command.Run(SkiffHost.Script("engines"), "install").Exits(0);
        using var up = Command.Start(SkiffHost.Script("engines"), ["up", _folder, network], host.Variables());
        up.Finish().Exits(0);
    }

    /// <summary>A folder that all engines see.</summary>
    public string Folder => _folder;

    /// <summary>Runs a command beside them to its end.</summary>
    public CommandResult Run(params string[] arguments) =>
        Command.Run(SkiffHost.Script("engines"), ["in", _folder, .. arguments]);

    /// <summary>Ends dockerd in order and starts it again.</summary>
    public void RestartDocker() => Command.Run(SkiffHost.Script("engines"), "restart", _folder).Exits(0);

    public void Dispose()
    {
        Command.Run(SkiffHost.Script("engines"), "down", _folder).Exits(0);
        Directory.Delete(_folder, recursive: true);
    }
}
