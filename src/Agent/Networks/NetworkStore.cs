using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// The durable records: ROOT/networks/ID.json, and ROOT/networks/names/NAME, a symlink whose target is the id.
/// </summary>
internal sealed class NetworkStore(StateRoots roots)
{
    private const int IdLength = 64;

    private readonly string _directory = roots.Root + "/networks";

    /// <summary>
    /// Whether the networks that are always there have been written down; the default bridge is the last.
    /// </summary>
    public bool Exist => Files.Exists($"{_directory}/names/{NetworkNames.DefaultNetwork}");

    /// <summary>The network called so; null when there is none. Takes no lock.</summary>
    public NetworkRecord? FindByName(string name) => IdOf(name) is { } id ? Read(id) : null;

    /// <summary>Its id alone, which takes no reading of its record; null when there is none. Takes no lock.</summary>
    public string? IdOf(string name) =>
        !name.Contains('/') && Files.TryReadLink($"{_directory}/names/{name}", out string id) ? id : null;

    /// <summary>The network with exactly this id; null when there is none. Takes no lock.</summary>
    public NetworkRecord? FindById(string id) => Read(id) is { } record
        && Files.TryReadLink($"{_directory}/names/{record.Name}", out string named) && named == id ? record : null;

    /// <summary>All networks, by name. Takes no lock.</summary>
    public List<NetworkRecord> List()
    {
        var records = new List<NetworkRecord>();
        foreach (string name in StateFile.Names(_directory + "/names"))
            if (FindByName(name) is { } record) records.Add(record);
        records.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return records;
    }

    /// <summary>The network with this name or id, or with an id that begins so; null when there is none.</summary>
    /// <exception cref="UsageException">Several have ids that begin so.</exception>
    public NetworkRecord? Find(string nameOrId)
    {
        if (FindByName(nameOrId) is { } named) return named;
        if (nameOrId.Length == 0 || nameOrId.Contains('/')) return null;
        if (nameOrId.Length == IdLength && FindById(nameOrId) is { } identified) return identified;
        List<NetworkRecord> matches = List().FindAll(network =>
            network.Id.StartsWith(nameOrId, StringComparison.Ordinal));
        return matches.Count < 2 ? matches.FirstOrDefault() : throw new UsageException(
            $"network {nameOrId} is ambiguous ({matches.Count} matches found on name)");
    }

    /// <summary>Remembers a network durably, first the record, then its name; one that is there is replaced.</summary>
    /// <exception cref="UsageException">Another network is called so.</exception>
    public void Write(NetworkRecord record)
    {
        Files.MakeDirectories(_directory + "/names");
        string name = $"{_directory}/names/{record.Name}";
        AtomicFile.Replace(PathOf(record.Id), record.ToJson().Span, durable: true);
        Errno errno = Files.TrySymlinkAt(record.Id, Fd.Cwd, name);
        if (errno == Errno.EEXIST && Files.TryReadLink(name, out string id) && id != record.Id)
        {
            Unlink(PathOf(record.Id));
            throw NameTaken(record.Name);
        }
        if (errno is not (Errno.None or Errno.EEXIST))
            throw new LinuxException(errno, "symlinkat", name, $"create network {record.Name}");
        AtomicFile.SyncDirectory(_directory + "/names");
    }

    /// <summary>Forgets a network durably, first its name.</summary>
    public void Delete(NetworkRecord record)
    {
        Unlink($"{_directory}/names/{record.Name}");
        AtomicFile.SyncDirectory(_directory + "/names");
        Unlink(PathOf(record.Id));
    }

    /// <summary>Another network is called so.</summary>
    public static UsageException NameTaken(string name) =>
        UsageException.Conflict($"network with name {name} already exists");

    /// <summary>64 random hexadecimal digits.</summary>
    public static string NewId() => $"{Guid.NewGuid():N}{Guid.NewGuid():N}";

    private NetworkRecord? Read(string id)
    {
        string path = PathOf(id);
        if (StateFile.TryRead(path) is not { } content) return null;
        try
        {
            return NetworkRecord.FromJson(content);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new UsageException($"network record {path} is damaged: {e.Message}");
        }
    }

    private string PathOf(string id) => $"{_directory}/{id}.json";

    private static void Unlink(string path)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, path);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlinkat", path);
    }
}
