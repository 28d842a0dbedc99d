using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>Debian's docker-registry on a free loopback port, with images that skopeo and umoci made.</summary>
internal sealed class DebianRegistry : IDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly Process _process;

    private DebianRegistry(int port)
    {
        Host = $"127.0.0.1:{port}";
        File.WriteAllText(_directory["config.yml"], $$"""
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: "{{_directory["data"]}}"} }
            http: {addr: "{{Host}}"}
            """);
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", _directory["config.yml"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
    }

    public string Host { get; }

    public string this[string name] => _directory[name];

    /// <summary>What is missing on this machine, or null.</summary>
    public static string? Missing => new[] { "docker-registry", "skopeo", "umoci" }
        .FirstOrDefault(tool => !Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .Any(folder => File.Exists(System.IO.Path.Join(folder, tool))));

    public static async Task<DebianRegistry> StartAsync()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        var registry = new DebianRegistry(port);
        using var http = new HttpClient();
        for (int attempt = 0; ; attempt++)
            try
            {
                await http.GetAsync($"http://{registry.Host}/v2/");
                return registry;
            }
            catch (HttpRequestException) when (attempt < 200)
            {
                await Task.Delay(25);
            }
    }

    /// <summary>Runs a shell command in the registry's directory and returns its output.</summary>
    public string Sh(string command)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-ec", command])
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(60_000), command);
        Assert.True(process.ExitCode == 0, $"{command}: {errors.Result}");
        return output;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Dispose();
    }
}
