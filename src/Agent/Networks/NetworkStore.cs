using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// The durable records: ROOT/networks/ID.json, and ROOT/networks/names/NAME, a symlink whose target is the id.
/// </summary>
internal sealed class NetworkStore(StateRoots roots)
{
    private readonly string _directory = roots.Root + "/networks";

    /// <summary>The network called so; null when there is none. Takes no lock.</summary>
    public NetworkRecord? FindByName(string name) =>
        name.Contains('/') || !Files.TryReadLink($"{_directory}/names/{name}", out string id) ? null : Read(id);

    /// <summary>All networks, by name. Takes no lock.</summary>
    public List<NetworkRecord> List()
    {
        var records = new List<NetworkRecord>();
        foreach (string name in StateFile.Names(_directory + "/names"))
            if (FindByName(name) is { } record) records.Add(record);
        records.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return records;
    }

    /// <summary>Remembers a network durably: first the record, then its name.</summary>
    public void Write(NetworkRecord record)
    {
        Files.MakeDirectories(_directory + "/names");
        AtomicFile.Replace($"{_directory}/{record.Id}.json", record.ToJson().Span, durable: true);
        string name = $"{_directory}/names/{record.Name}";
        Errno errno = Files.TrySymlinkAt(record.Id, Fd.Cwd, name);
        if (errno is not (Errno.None or Errno.EEXIST))
            throw new LinuxException(errno, "symlinkat", name, $"create network {record.Name}");
        AtomicFile.SyncDirectory(_directory + "/names");
    }

    /// <summary>64 random hexadecimal digits.</summary>
    public static string NewId() => $"{Guid.NewGuid():N}{Guid.NewGuid():N}";

    private NetworkRecord? Read(string id)
    {
        string path = $"{_directory}/{id}.json";
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
}
