using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Debian's podman with a root of its own, for one image.</summary>
public sealed class Podman : IDisposable
{
    // It takes no path of more than 50 characters.
    private readonly string _folder = Directory.CreateTempSubdirectory("pm-").FullName;

    /// <summary>Runs it to its end.</summary>
    public CommandResult Run(params string[] arguments) =>
        Command.Run(SkiffHost.Script("podman"), [_folder, .. arguments]).Exits(0);

    /// <summary>The id of the one image.</summary>
    public string Id() => Run("images", "-q", "--no-trunc").Text();

    /// <summary>What the one image is.</summary>
    public ImageFacts Facts()
    {
        JsonNode image = JsonNode.Parse(Run("image", "inspect", Id()).Text())![0]!;
        return new ImageFacts("sha256:" + (string)image["Id"]!, image["RootFS"]!["Layers"]!.ToJsonString());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
