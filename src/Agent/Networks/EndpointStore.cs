using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// The volatile records of attached containers: RUNROOT/networks/endpoints/CONTAINERID.json. A reboot clears them.
/// </summary>
internal sealed class EndpointStore(StateRoots roots)
{
    private const string Suffix = ".json";

    private readonly string _directory = roots.RunRoot + "/networks/endpoints";

    /// <summary>The container's record; null when it is not attached.</summary>
    public Endpoint? Find(string containerId)
    {
        string path = PathOf(containerId);
        if (StateFile.TryRead(path) is not { } content) return null;
        try
        {
            return Endpoint.FromJson(content);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or UsageException)
        {
            throw new UsageException($"endpoint record {path} is damaged: {e.Message}");
        }
    }

    /// <summary>All records.</summary>
    public List<Endpoint> List()
    {
        var endpoints = new List<Endpoint>();
        foreach (string name in StateFile.Names(_directory))
            if (name.EndsWith(Suffix, StringComparison.Ordinal) && Find(name[..^Suffix.Length]) is { } endpoint)
                endpoints.Add(endpoint);
        return endpoints;
    }

    /// <summary>Remembers; not flushed, since nothing here outlives the kernel state it describes.</summary>
    public void Write(Endpoint endpoint)
    {
        ReadOnlySpan<byte> content = endpoint.ToJson().Span;
        try
        {
            AtomicFile.Replace(PathOf(endpoint.ContainerId), content, durable: false);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            Files.MakeDirectories(_directory);
            AtomicFile.Replace(PathOf(endpoint.ContainerId), content, durable: false);
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
