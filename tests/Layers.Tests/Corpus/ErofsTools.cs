using Skiff.Layers.Erofs;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>erofs-utils as scripts/erofs unpacks them.</summary>
internal static class ErofsTools
{
    /// <summary>fsck.erofs reads the whole image, content included; what it finds fails the test.</summary>
    internal static void Check(string image, string tar) => Run("fsck", "--extract", $"--device={tar}", image);

    /// <summary>mkfs.erofs indexes a tar by reference, as the store does, and the kernel mounts that.</summary>
    internal static string Mount(Sandbox sandbox, string tar)
    {
        string image = sandbox.NewPath("mkfs.erofs");
        Run("mkfs", "--quiet", "--tar=i", image, tar);
        string point = Directory.CreateDirectory(sandbox.NewPath("mounted")).FullName;
        ErofsMount.Attach(sandbox.Base, Path.GetFileName(image), Path.GetFileName(tar), point);
        return point;
    }

    private static string Run(string tool, params ReadOnlySpan<string> arguments)
    {
        OutputFolder.Need("tools", "erofs");
        return Shell.Run(Path.Combine(OutputFolder.Repository, "scripts", "erofs"), [tool, .. arguments]);
    }
}
