namespace Skiff.System.Tests;

/// <summary>Debian's docker-registry for one test: with the test images, or empty to be pushed to.</summary>
public sealed class ScratchRegistry : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skiff-registry-").FullName;

    public ScratchRegistry(bool withImages = false)
    {
        string[] storage = withImages ? [] : [Directory.CreateDirectory(Path.Combine(_folder, "storage")).FullName];
        Host = $"127.0.0.1:{Command.Run(SkiffHost.Script("registry"), ["start", _folder, .. storage]).Text()}";
    }

    /// <summary>ADDRESS:PORT.</summary>
    public string Host { get; }

    /// <summary>Whether a repository has a blob or manifest, as <c>blobs/sha256:…</c>.</summary>
    public bool Has(string repository, string what) => Command.Run(
        "curl", "-sfI", "-o", "/dev/null", "-H", "Accept: */*", $"http://{Host}/v2/{repository}/{what}").ExitCode == 0;

    /// <summary>A manifest, as it came.</summary>
    public string Manifest(string repository, string tag) =>
        Command.Run("skopeo", "inspect", "--tls-verify=false", "--raw", $"docker://{Host}/{repository}:{tag}")
            .Exits(0).Out;

    /// <summary>Ends it; what it had stays until disposal.</summary>
    public void Stop() => Command.Run(SkiffHost.Script("registry"), "stop", _folder);

    public void Dispose()
    {
        Stop();
        Directory.Delete(_folder, recursive: true);
    }
}
