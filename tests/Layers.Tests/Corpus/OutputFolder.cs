using System.Runtime.InteropServices;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>What the scripts put below out/: images and tools beside the tests.</summary>
internal static class OutputFolder
{
    /// <summary>The repository.</summary>
    internal static string Repository { get; } = FindRoot();

    internal static string Path { get; } =
        Environment.GetEnvironmentVariable("SKIFF_OUT") ?? System.IO.Path.Combine(Repository, "out");

    /// <summary>This machine's architecture in Debian's spelling.</summary>
    internal static string Architecture =>
        RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>A path below out/; the test is skipped when it is missing.</summary>
    internal static string Need(params ReadOnlySpan<string> parts)
    {
        string path = System.IO.Path.Combine([Path, .. parts]);
        Assert.SkipUnless(System.IO.Path.Exists(path),
            $"{path} is missing: run scripts/images and scripts/erofs install");
        return path;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Agent.sln")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new DirectoryNotFoundException("no folder with Agent.sln above the test program");
    }
}
