using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// The volatile records of attached containers: RUNROOT/networks/endpoints/CONTAINERID.json has all endpoints of one. A
/// reboot clears them.
/// </summary>
internal sealed class EndpointStore(StateRoots roots)
{
    private const string Suffix = ".json";

    private readonly string _directory = roots.RunRoot + "/networks/endpoints";

    /// <summary>
    /// Held exclusively while a running container joins or leaves a network, shared while one joins or leaves all that
    /// it has.
    /// </summary>
    public FileLock Lock(bool exclusive) => StateFile.Lock(roots.RunRoot + "/networks/endpoints.lock", exclusive);

    /// <summary>The container's endpoints in the order of its interfaces; none when it is not attached.</summary>
    public Endpoint[] Find(string containerId)
    {
        string path = PathOf(containerId);
        if (StateFile.TryRead(path) is not { } content) return [];
        try
        {
            return JsonFields.List(JsonFields.Parse(content), "endpoints", Endpoint.Read);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or UsageException)
        {
            throw new UsageException($"endpoint record {path} is damaged: {e.Message}");
        }
    }

    /// <summary>That of what <see cref="Find"/> finds.</summary>
    public FileStamp Stamp(string containerId) => new(PathOf(containerId));

    /// <summary>All endpoints.</summary>
    public List<Endpoint> List()
    {
        var endpoints = new List<Endpoint>();
        foreach (string name in StateFile.Names(_directory))
            if (name.EndsWith(Suffix, StringComparison.Ordinal)) endpoints.AddRange(Find(name[..^Suffix.Length]));
        return endpoints;
    }

    /// <summary>The endpoint whose end on the host is called so; null when there is none.</summary>
    public Endpoint? FindByVeth(string veth)
    {
        foreach (string name in StateFile.Names(_directory))
            if (name.EndsWith(Suffix, StringComparison.Ordinal)
                && name.StartsWith(NetworkNames.ContainerOf(veth), StringComparison.Ordinal)
                && Array.Find(Find(name[..^Suffix.Length]), end => end.HostVeth == veth) is { } found) return found;
        return null;
    }

    /// <summary>
    /// Remembers, or forgets when there is none; not flushed, since nothing here outlives the kernel state it
    /// describes.
    /// </summary>
    public void Write(string containerId, IReadOnlyList<Endpoint> endpoints)
    {
        if (endpoints.Count == 0)
        {
            Delete(containerId);
            return;
        }
        ReadOnlySpan<byte> content = JsonFields.ToBytes(w =>
        {
            w.WriteStartArray("endpoints");
            foreach (Endpoint endpoint in endpoints) endpoint.WriteTo(w);
            w.WriteEndArray();
        });
        try
        {
            AtomicFile.Replace(PathOf(containerId), content, durable: false);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            Files.MakeDirectories(_directory);
            AtomicFile.Replace(PathOf(containerId), content, durable: false);
        }
    }

    /// <summary>Forgets; fine when there is nothing.</summary>
    public void Delete(string containerId)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, PathOf(containerId));
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlinkat", PathOf(containerId));
    }

    private string PathOf(string containerId) => $"{_directory}/{containerId}{Suffix}";
}
