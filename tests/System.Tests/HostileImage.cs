using System.Formats.Tar;
using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>An image with busybox and entries of a test's choice, in a registry of its own.</summary>
public sealed class HostileImage : IDisposable
{
    private static readonly string[] s_applets =
        ["sh", "cat", "ls", "id", "true", "sleep", "echo", "stat", "mknod", "head", "mount", "grep", "pwd"];

    private readonly TestRegistry _registry = new();

    public HostileImage(SkiffHost host, params TarEntry[] entries)
    {
        // skopeo asks first whether this is a registry.
        _registry.Intercept = request => request.Path == "/v2/" ? Answer.Text(200, "{}") : null;
        string folder = host.NewFolder();
        host.Run("run", "--rm", "-v", $"{folder}:/out", host.Busybox, "cp", "/bin/busybox", "/out/").Exits(0);
        new TestImage().AddGzip(Tar(Path.Combine(folder, "busybox"), entries)).Push(_registry, "hostile");
        host.Run("pull", "-q", Name).Exits(0);
    }

    /// <summary>Its name; it is pulled already.</summary>
    public string Name => $"{_registry.Host}/hostile:v1";

    public void Dispose() => _registry.Dispose();

    /// <summary>A symlink.</summary>
    public static TarEntry Link(string name, string target) =>
        new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target };

    /// <summary>A file with these bytes.</summary>
    public static TarEntry Content(string name, byte[] content) => new PaxTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(content), Mode = (UnixFileMode)0x1ED,
    };

    private static byte[] Tar(string busybox, TarEntry[] entries)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (TarEntry entry in entries) tar.WriteEntry(entry);
            tar.WriteEntry(Content("bin/busybox", File.ReadAllBytes(busybox)));
            foreach (string applet in s_applets) tar.WriteEntry(Link($"bin/{applet}", "busybox"));
        }
        return stream.ToArray();
    }
}
