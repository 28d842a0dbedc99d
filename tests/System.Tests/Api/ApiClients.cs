namespace Skiff.System.Tests.Api;

/// <summary>
/// Programs that speak to an agent by DOCKER_HOST, with a home of their own that has docker's plugins in it. The agent
/// has one image, by the name of busybox:latest.
/// </summary>
public sealed class ApiClients : IDisposable
{
    private readonly ApiAgent _api;
    private readonly Dictionary<string, string?> _environment;

    /// <summary>Prepares agent and home.</summary>
    /// <param name="api">The agent.</param>
    /// <param name="directory">Which docker comes first in PATH.</param>
    public ApiClients(ApiAgent api, string directory)
    {
        Command.Run(SkiffHost.Script("clients"), "install").Exits(0);
        _api = api;
        string home = Path.Combine(api.Folder(), "home"), plugins = Path.Combine(home, ".docker/cli-plugins");
        Directory.CreateDirectory(Path.GetDirectoryName(plugins)!);
        File.Delete(plugins);
        File.CreateSymbolicLink(plugins, SkiffHost.Source("out/tools/clients/usr/libexec/docker/cli-plugins"));
        _environment = new Dictionary<string, string?>
        {
            ["DOCKER_HOST"] = $"unix://{api.Socket}", ["HOME"] = home, ["DOCKER_CLI_HINTS"] = "false",
            ["REGISTRY"] = api.Host.Busybox[..api.Host.Busybox.IndexOf('/')],
            ["PATH"] = $"{SkiffHost.Source(directory)}:{Environment.GetEnvironmentVariable("PATH")}",
        };
    }

    /// <summary>A variable of the programs' environment.</summary>
    public void Set(string name, string value) => _environment[name] = value;

    /// <summary>Makes the agent as good as new; a directory for what is run next.</summary>
    public string Begin()
    {
        string folder = _api.Host.NewFolder();
        Run("""
            exec > /dev/null
            docker rm -f -v $(docker ps -aq) || true
            docker network prune -f
            docker volume rm $(docker volume ls -q) || true
            docker image inspect busybox || { docker pull $REGISTRY/busybox && docker tag $REGISTRY/busybox busybox; }
            docker rmi -f $(docker images --format '{{.Repository}}:{{.Tag}}' | grep -v '^busybox:latest$') || true
            docker image prune -f
            """, folder);
        return folder;
    }

    /// <summary>Runs a line of a shell in a directory; stdout of the result has stderr too.</summary>
    public CommandResult Run(string line, string folder)
    {
        using Command command = Start($"exec 2>&1\n{line}", folder);
        return command.Finish();
    }

    /// <summary>Starts one, with stderr apart.</summary>
    public Command Start(string line, string folder) =>
        Command.Start("/bin/bash", ["-c", $"cd \"$1\"\n{line}", "bash", folder], _environment);

    public void Dispose() => Begin();
}
