using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Roots of their own, with a store of the kind asked for, and with more variables where they are
/// needed.</summary>
public sealed class Store(
    SkiffHost host, string snapshotter, IReadOnlyDictionary<string, string?>? variables = null) : IDisposable
{
    public string Folder { get; } = host.NewFolder();

    public string Root => Path.Combine(Folder, "root");

    public CommandResult Run(params string[] arguments)
    {
        using Command command = Command.Start(host.Binary, Arguments(arguments), variables);
        return command.Finish(limit: TimeSpan.FromMinutes(2));
    }

    public string[] Arguments(params string[] arguments) =>
        ["--root", Root, "--run-root", Root + ".run", "--snapshotter", snapshotter, .. arguments];

    public string Id(string name) => Run("image", "inspect", "-f", "{{.Id}}", name).Exits(0).Text();

    public string Layers(string name) =>
        Run("image", "inspect", "-f", "{{json .RootFS.Layers}}", name).Exits(0).Text();

    /// <summary>All names in the archive of some images.</summary>
    public string SavedNames(params string[] images)
    {
        string archive = Path.Combine(Folder, "names.tar");
        Run(["save", "-o", archive, .. images]).Exits(0);
        string list = Command.Run("tar", "-xOf", archive, "manifest.json").Exits(0).Out;
        return string.Join(' ', JsonNode.Parse(list)!.AsArray()
            .SelectMany(image => image!["RepoTags"]!.AsArray()).Select(name => (string)name!));
    }

    /// <summary>What is in a directory below the root; nothing when it is not there.</summary>
    public string[] Entries(string folder)
    {
        string path = Path.Combine(Root, folder);
        return Directory.Exists(path) ? Directory.GetFileSystemEntries(path) : [];
    }

    public void Dispose() => Run("system", "release").Exits(0);
}
