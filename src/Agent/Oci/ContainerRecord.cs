using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;

namespace Skiff.Agent.Oci;

/// <summary>state.json: what was decided when the container was created. Replaced atomically.</summary>
internal sealed record ContainerRecord
{
    private const string FileName = "state.json", LockName = "lock";

    /// <summary>The container's name.</summary>
    public required string Id { get; init; }

    /// <summary>ociVersion of its configuration.</summary>
    public required string OciVersion { get; init; }

    /// <summary>Absolute path of the bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Absolute path of its root.</summary>
    public required string Rootfs { get; init; }

    /// <summary>Absolute path of its cgroup.</summary>
    public required string CgroupPath { get; init; }

    /// <summary>The first process; 0 while the container is being created.</summary>
    public int Pid { get; init; }

    /// <summary>When that process started, in clock ticks after boot.</summary>
    public ulong StartTime { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Who created it.</summary>
    public uint Owner { get; init; }

    /// <summary>annotations of its configuration.</summary>
    public Dictionary<string, string> Annotations { get; init; } = [];

    /// <summary>Reads the record of a directory; null when there is none.</summary>
    public static ContainerRecord? TryRead(string directory)
    {
        string path = Path.Combine(directory, FileName);
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] content);
        if (errno is Errno.ENOENT or Errno.ENOTDIR) return null;
        if (errno != Errno.None) throw new LinuxException(errno, "open", path, "reading a container's state");
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            return Read(new SpecNode(document.RootElement, path));
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path} is damaged: {e.Message}; delete --force removes the container");
        }
    }

    /// <summary>
    /// Takes the container for changes, such as create, start and delete; released when the descriptor is closed, also
    /// by the end of the process.
    /// </summary>
    public static Fd Lock(string directory)
    {
        Fd file = OpenLock(directory);
        Errno errno = Files.TryFlock(file, exclusive: true, wait: true);
        if (errno == Errno.None) return file;
        file.Dispose();
        throw new LinuxException(errno, "flock", Path.Combine(directory, LockName));
    }

    /// <summary>Whether its creator has gone without having finished.</summary>
    public bool IsAbandoned(string directory)
    {
        if (Pid != 0) return false;
        using Fd file = OpenLock(directory);
        return Files.TryFlock(file, exclusive: true, wait: false) == Errno.None;
    }

    /// <summary>Writes the record.</summary>
    public void Write(string directory)
    {
        var text = new JsonText();
        text.WriteStartObject();
        text.WriteString("id", Id);
        text.WriteString("ociVersion", OciVersion);
        text.WriteString("bundle", Bundle);
        text.WriteString("rootfs", Rootfs);
        text.WriteString("cgroup", CgroupPath);
        text.WriteNumber("pid", Pid);
        text.WriteNumber("startTime", (long)StartTime);
        text.WriteTime("created", Created);
        text.WriteNumber("owner", Owner);
        text.WriteStartObject("annotations");
        foreach (var (key, value) in Annotations) text.WriteString(key, value);
        text.WriteEndObject();
        text.WriteEndObject();
        AtomicFile.Replace(Path.Combine(directory, FileName), text.Bytes.Span, durable: false, mode: 0x180);
    }

    private static ContainerRecord Read(SpecNode node) => new()
    {
        Id = node.Text("id"),
        OciVersion = node.Text("ociVersion"),
        Bundle = node.Text("bundle"),
        Rootfs = node.Text("rootfs"),
        CgroupPath = node.Text("cgroup"),
        Pid = (int)(node.Number("pid") ?? 0),
        StartTime = node.Unsigned("startTime") ?? 0,
        Created = DateTimeOffset.TryParse(node.Text("created"), System.Globalization.CultureInfo.InvariantCulture,
            out DateTimeOffset created) ? created : default,
        Owner = node.UInt32("owner"),
        Annotations = node.Pairs("annotations"),
    };

    private static Fd OpenLock(string directory) =>
        Files.Open(Path.Combine(directory, LockName), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
}
