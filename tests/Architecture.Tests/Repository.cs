using System.Runtime.CompilerServices;

namespace Skiff.Architecture.Tests;

/// <summary>The checked-out tree that the rules are about.</summary>
internal static class Repository
{
    private static readonly string[] s_generatedFolders = ["bin", "obj", "out", ".git", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder that holds Agent.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every file below <paramref name="folder"/> that a person wrote, as paths relative to the
    /// root.</summary>
    public static IEnumerable<string> Files(string folder, params string[] extensions)
    {
        var start = Path.Combine(Root, folder);
        if (!Directory.Exists(start))
            return [];
        return Walk(start)
            .Where(path => extensions.Length == 0 || extensions.Contains(Path.GetExtension(path)))
            .Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>A file's text.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Whether the tree has that file.</summary>
    public static bool Has(string path) => File.Exists(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return file;
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            if (s_generatedFolders.Contains(Path.GetFileName(child)) || new DirectoryInfo(child).LinkTarget is not null)
                continue;
            foreach (var file in Walk(child))
                yield return file;
        }
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        foreach (var start in (string[])[AppContext.BaseDirectory, Path.GetDirectoryName(here)!])
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Agent.sln")))
                    return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException("no folder with Agent.sln above the test program");
    }
}
