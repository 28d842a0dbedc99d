using Skiff.Agent.Events;
using System.Text.Json;
using System.Text.Json.Serialization;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Content;

namespace Skiff.Agent.Volumes;

/// <summary>
/// Named volumes: <c>ROOT/volumes/NAME/_data</c> and a record beside it. A volume exists when its record does; data
/// without a
/// record is a create that never finished and is adopted by the next create of that name.
/// </summary>
internal sealed class VolumeModule(StateRoots roots)
{
    // No volume's name begins with a dot.
    private const string Removed = ".removed-";

    private readonly string _volumes = Path.Combine(roots.Root, "volumes");

    /// <summary>Directory that containers see.</summary>
    public string DataDirectory(string name) => Path.Combine(_volumes, name, "_data");

    /// <summary>Creates the volume unless it exists; returns its record.</summary>
    /// <exception cref="UsageException">The name or driver is not possible.</exception>
    public Volume Create(string name, IReadOnlyDictionary<string, string>? labels = null, bool anonymous = false)
    {
        if (!VolumeSyntax.IsVolumeName(name))
            throw new UsageException(
                $"create {name}: \"{name}\" includes invalid characters for a local volume name, only "
                + "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute "
                    + "path");
        if (TryRead(name) is { } existing) return existing;
        Files.MakeDirectories(DataDirectory(name));
        var volume =
            new Volume(name, DateTimeOffset.UtcNow, anonymous, labels is null ? [] : new Dictionary<string,
                string>(labels));
        AtomicFile.Replace(Record(name), JsonSerializer.SerializeToUtf8Bytes(volume, VolumeJson.Default.Volume),
            durable: true);
        AtomicFile.SyncDirectory(_volumes);
        new EventJournal(roots).Write("volume", "create", name, ("driver", "local"));
        return volume;
    }

    /// <summary>The volume, or an error in Docker's words.</summary>
    public Volume Get(string name) => TryRead(name) ?? throw UsageException.NotFound($"get {name}: no such volume");

    /// <summary>Whether there is one of that name.</summary>
    public bool Exists(string name) => TryRead(name) is not null;

    /// <summary>Deletes a volume of a container that is being removed; one that is gone is fine.</summary>
    public void RemoveIfExists(string name)
    {
        if (Exists(name)) Remove(name, []);
    }

    /// <summary>Every volume by name.</summary>
    public List<Volume> List()
    {
        var list = new List<Volume>();
        if (Files.TryOpenAt(Fd.Cwd, _volumes, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0,
            out Fd? directory) != Errno.None) return list;
        using (directory)
            foreach (var entry in Files.ListDirectory(directory!))
                if (TryRead(entry.Name) is { } volume)
                    list.Add(volume);
        list.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return list;
    }

    /// <summary>
    /// Deletes a volume that no container uses: out of sight first, by one rename and durably, so that a half deleted
    /// one is no volume, nor found by the next one of its name, and a deleted one is not there again after a power cut.
    /// </summary>
    public void Remove(string name, IEnumerable<string> usedBy)
    {
        Get(name);
        string users = string.Join(", ", usedBy);
        if (users.Length > 0) throw new UsageException($"remove {name}: volume is in use - [{users}]");
        string doomed = Path.Combine(_volumes, $"{Removed}{Environment.ProcessId}-{Random.Shared.Next():x}");
        Files.Rename(Path.Combine(_volumes, name), doomed);
        AtomicFile.SyncDirectory(_volumes);
        Trees.Remove(doomed);
        new EventJournal(roots).Write("volume", "destroy", name, ("driver", "local"));
        new SpaceReserve(roots.Root).Ensure();
    }

    /// <summary>Deletes what a removal that was cut off left.</summary>
    public void RemoveLeftovers()
    {
        Files.TryListDirectory(_volumes, out List<string> names);
        foreach (string name in names)
            if (name.StartsWith(Removed, StringComparison.Ordinal)) Trees.Remove(Path.Combine(_volumes, name));
    }

    /// <summary>
    /// Fills a volume from the directory <paramref name="target"/> of the image when the volume is still empty, as
    /// Docker does at
    /// first use: content, owner and mode of the directory itself included.
    /// </summary>
    public void CopyUp(string name, Fd rootfs, string target)
    {
        using Fd data = Files.Open(DataDirectory(name), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        foreach (var _ in Files.ListDirectory(data)) return;
        Errno errno = Files.TryOpenAt2(rootfs, target.TrimStart('/'), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0,
            ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS, out Fd? source);
        if (errno != Errno.None) return; // The image has no such directory: nothing to copy.
        using (source) TreeCopy.Copy(source!, data);
    }

    private Volume? TryRead(string name)
    {
        if (!VolumeSyntax.IsVolumeName(name)
            || Files.TryReadAllBytes(Fd.Cwd, Record(name), out byte[] bytes) != Errno.None) return null;
        return JsonSerializer.Deserialize(bytes, VolumeJson.Default.Volume);
    }

    private string Record(string name) => Path.Combine(_volumes, name, "volume.json");
}

/// <summary>A named volume.</summary>
/// <param name="Name">Unique on the state root.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="Anonymous">Made for a container without a name of its own.</param>
/// <param name="Labels">As given.</param>
internal sealed record Volume(string Name, DateTimeOffset CreatedAt, bool Anonymous, Dictionary<string, string> Labels);

/// <summary>JSON of volume records, generated at build time.</summary>
[JsonSerializable(typeof(Volume))]
internal sealed partial class VolumeJson : JsonSerializerContext;
