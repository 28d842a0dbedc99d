using Skiff.Agent.Events;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Containers;

/// <summary>
/// The containers of a state root. A name is reserved by creating the symlink <c>containers/names/NAME</c>, which
/// exactly one
/// process can do. A directory without a readable <c>config.json</c> is a create that never finished; nothing lists it
/// and
/// <see cref="RemoveLeftovers"/> deletes it.
/// </summary>
internal sealed class ContainerStore(StateRoots roots)
{
    private readonly string _containers = Path.Combine(roots.Root, "containers");
    private readonly string _names = Path.Combine(roots.Root, "containers", "names");
    private readonly SpaceReserve _reserve = new(roots.Root);

    /// <summary>Told what happens to them.</summary>
    public EventJournal Events { get; } = new(roots);

    /// <summary>64 random hexadecimal digits.</summary>
    public static string NewId()
    {
        Span<byte> bytes = stackalloc byte[32];
        RandomBytes.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Durable directory of a container.</summary>
    public string Directory(string id) => Path.Combine(_containers, id);

    /// <summary>Where the durable directories are.</summary>
    public string Parent => _containers;

    /// <summary>Where the files of a container's log are.</summary>
    public string LogDirectory(string id) => Path.Combine(Directory(id), "logs");

    /// <summary>Volatile directory of a container.</summary>
    public string RunDirectory(string id) => Path.Combine(roots.RunRoot, "containers", id);

    /// <summary>
    /// Reserves the name and writes the record; unless the container is to be removed at its end, durably.
    /// </summary>
    /// <exception cref="UsageException">The name is malformed or taken.</exception>
    public void Create(ContainerConfig config)
    {
        if (!ContainerNames.IsValid(config.Name))
            throw new UsageException(
                $"Invalid container name ({config.Name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
        _reserve.Ensure();
        Files.MakeDirectories(_names);
        ReserveName(config.Name, config.Id);
        try
        {
            string directory = Directory(config.Id);
            Files.MakeDirectories(directory, 0x1C0);
            foreach (string part in (ReadOnlySpan<string>)["upper", "work", "logs"])
                Files.MakeDirectories(Path.Combine(directory, part));
            if (config.StorageSizeBytes > 0)
                StorageLimit.Apply(StorageLimit.OfContainer, directory, config.Id, config.StorageSizeBytes);
            WriteConfig(config);
        }
        catch
        {
            Remove(config.Id, config.Name, durable: false);
            throw;
        }
    }

    /// <summary>Replaces the record (rename, update).</summary>
    public void WriteConfig(ContainerConfig config)
    {
        byte[] json = ConfigFormat.Write(config);
        AtomicFile.Replace(Path.Combine(Directory(config.Id), "config.json"), json, durable: !config.AutoRemove);
    }

    /// <summary>
    /// Takes the lock that a container's monitor holds as long as it lives, so that there is one monitor at most and
    /// none while the container is being removed. Null when somebody has it.
    /// </summary>
    public Fd? TryClaim(string id)
    {
        string directory = RunDirectory(id), path = Path.Combine(directory, "lock");
        while (true)
        {
            Files.MakeDirectories(directory, 0x1C0);
            Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180, out Fd? held);
            if (errno == Errno.ENOENT) continue; // The directory has just gone with a container that ended.
            if (errno != Errno.None) throw new LinuxException(errno, "openat", path);
            bool taken = Files.TryFlock(held!, exclusive: true, wait: false) == Errno.None;
            if (taken && IsAt(path, held!)) return held;
            held!.Dispose();
            if (!taken) return null;
        }
    }

    private static bool IsAt(string path, Fd file) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus status) == Errno.None
        && status.Ino == Files.Stat(file).Ino;

    /// <summary>Finds one container by full id, name, or unique id prefix, in Docker's order.</summary>
    /// <exception cref="UsageException">None or several match.</exception>
    public ContainerConfig Find(string nameOrId)
    {
        string key = nameOrId.TrimStart('/');
        if (key.Length > 0 && Files.TryReadLink(Path.Combine(_names, key), out string id)
            && TryRead(id) is { } byName && byName.Name == key) return byName;
        if (key.Length == 64 && TryRead(key) is { } byId) return byId;
        ContainerConfig? found = null;
        if (key.Length is > 0 and < 64 && key.AsSpan().IndexOfAnyExcept("0123456789abcdef") < 0)
        {
            foreach (string candidate in Ids())
            {
                if (!candidate.StartsWith(key, StringComparison.Ordinal)) continue;
                if (found is not null) throw new UsageException($"Multiple IDs found with provided prefix: {key}");
                found = TryRead(candidate);
            }
        }
        return found ?? throw UsageException.NotFound($"No such container: {nameOrId}");
    }

    /// <summary>Every container with a readable record, in no order.</summary>
    public IEnumerable<ContainerConfig> List()
    {
        foreach (string id in Ids())
            if (TryRead(id) is { } config)
                yield return config;
    }

    /// <summary>
    /// Ids of the containers that have a volatile directory: running, or left by a monitor that was killed.
    /// </summary>
    public IEnumerable<string> RunningIds() => DirectoryNames(Path.Combine(roots.RunRoot, "containers"));

    /// <summary>The record, or null when there is none.</summary>
    public ContainerConfig? TryRead(string id) =>
        id.Contains('/') ? null
            : ReadJson(Path.Combine(Directory(id), "config.json"), ConfigFormat.Read);

    /// <summary>The durable state; "created" when nothing was written yet.</summary>
    public ContainerState ReadDurableState(string id) =>
        ReadJson(Path.Combine(Directory(id), "state.json"), StateFormat.Read) ?? new ContainerState();

    /// <summary>The volatile state that a monitor keeps, or null.</summary>
    public ContainerState? ReadRunState(string id) =>
        ReadJson(Path.Combine(RunDirectory(id), "run.json"), StateFormat.Read);

    /// <summary>Writes the durable state; on a full disk at the reserve's cost.</summary>
    public void WriteDurableState(string id, ContainerState state, bool durable) => _reserve.Spend(() =>
        AtomicFile.Replace(Path.Combine(Directory(id), "state.json"),
            StateFormat.Write(state), durable));

    /// <summary>Writes the volatile state; tmpfs, so never flushed.</summary>
    public void WriteRunState(string id, ContainerState state) =>
        AtomicFile.Replace(Path.Combine(RunDirectory(id), "run.json"),
            StateFormat.Write(state), durable: false);

    /// <summary>What the health checks of the last run have found, or null.</summary>
    public HealthState? ReadHealth(string id) =>
        ReadJson(Path.Combine(RunDirectory(id), "health.json"), HealthFormat.Read)
        ?? ReadJson(Path.Combine(Directory(id), "health.json"), HealthFormat.Read);

    /// <summary>Writes what health checks have found, while they go on: tmpfs, so never flushed.</summary>
    public void WriteHealth(string id, HealthState health) => AtomicFile.Replace(
        Path.Combine(RunDirectory(id), "health.json"), HealthFormat.Write(health), durable: false);

    /// <summary>Keeps it beyond the run; not flushed, for nothing depends on it.</summary>
    public void KeepHealth(string id, HealthState health) => AtomicFile.Replace(
        Path.Combine(Directory(id), "health.json"), HealthFormat.Write(health), durable: false);

    /// <summary>
    /// Tells the monitor of a container with AutoRemove that this end is followed by a start; one that does not run has
    /// none.
    /// </summary>
    public void WriteRestarting(string id)
    {
        try
        {
            AtomicFile.Replace(Path.Combine(RunDirectory(id), "restarting"), "1"u8, durable: false);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // It was not started yet, or has just ended.
        }
    }

    /// <summary>Whether <see cref="WriteRestarting"/> was called for this run.</summary>
    public bool IsRestarting(string id) => Files.Exists(Path.Combine(RunDirectory(id), "restarting"));

    /// <summary>
    /// Removes the volatile directory; whoever does has its lock. It goes in one step: who claims the container
    /// meanwhile makes a new one, and nothing of that is removed.
    /// </summary>
    public void RemoveRunDirectory(string id)
    {
        string ended = Path.Combine(roots.RunRoot, "ended", $"{id}.{System.Environment.ProcessId}");
        Files.MakeDirectories(Path.GetDirectoryName(ended)!, 0x1C0);
        Errno errno = Files.TryRenameAt(Fd.Cwd, RunDirectory(id), Fd.Cwd, ended);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "rename", RunDirectory(id));
        Trees.Remove(ended);
    }

    /// <summary>Renames: reserves the new name, writes the record, frees the old name.</summary>
    public ContainerConfig Rename(ContainerConfig config, string name)
    {
        if (!ContainerNames.IsValid(name))
            throw new UsageException($"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
        ReserveName(name, config.Id);
        ContainerConfig renamed = config with { Name = name };
        WriteConfig(renamed);
        Files.TryUnlinkAt(Fd.Cwd, Path.Combine(_names, config.Name));
        return renamed;
    }

    /// <summary>
    /// Deletes everything of a container that is not running: first the name, then the record, then the rest. What was
    /// removed durably is not there again after a power cut.
    /// </summary>
    public void Remove(string id, string name, bool durable)
    {
        if (Files.TryReadLink(Path.Combine(_names, name), out string owner) && owner == id)
            Files.TryUnlinkAt(Fd.Cwd, Path.Combine(_names, name));
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, Path.Combine(Directory(id), "config.json"));
        if (durable && errno == Errno.None) AtomicFile.SyncDirectory(Directory(id));
        Trees.Remove(Directory(id));
        RemoveRunDirectory(id);
        _reserve.Ensure();
    }

    /// <summary>
    /// Gives what a removal could not delete its record back, and its name unless another container has that by now.
    /// </summary>
    public void Keep(ContainerConfig config, ContainerState state)
    {
        RemoveRunDirectory(config.Id);
        WriteConfig(config);
        WriteDurableState(config.Id, state, durable: !config.AutoRemove);
        if (Files.TrySymlinkAt(config.Id, Fd.Cwd, Path.Combine(_names, config.Name)) == Errno.None)
            AtomicFile.SyncDirectory(_names);
    }

    /// <summary>
    /// Deletes directories of creates that never finished, and names that point nowhere or to a container that a rename
    /// which was cut off left with another name. Returns how many.
    /// </summary>
    public int RemoveLeftovers(TimeSpan olderThan)
    {
        int removed = 0;
        foreach (string name in DirectoryNames(_names))
        {
            string path = Path.Combine(_names, name);
            if (!Files.TryReadLink(path, out string id)) continue;
            bool stale = !Files.Exists(Directory(id))
                || (TryRead(id) is { } config && config.Name != name && Trees.IsOlder(path, olderThan));
            if (stale && Files.TryUnlinkAt(Fd.Cwd, path) == Errno.None) removed++;
        }
        foreach (string id in Ids())
        {
            if (TryRead(id) is not null || !Trees.IsOlder(Directory(id), olderThan)) continue;
            // What cannot be removed keeps nobody from looking at the others.
            if (TreeRemoval.Remove(Directory(id)).Count == 0) removed++;
        }
        return removed;
    }

    private void ReserveName(string name, string id)
    {
        string link = Path.Combine(_names, name);
        for (int attempt = 0; ; attempt++)
        {
            Errno errno = Files.TrySymlinkAt(id, Fd.Cwd, link);
            if (errno == Errno.None) return;
            if (errno != Errno.EEXIST) throw new LinuxException(errno, "symlink", link, $"reserving the name {name}");
            string owner = Files.TryReadLink(link, out string target) ? target : "";
            // A name whose container is gone (killed in the middle of a remove) is free.
            if (attempt > 0 || owner == "" || Files.Exists(Directory(owner)))
                throw UsageException.Conflict(
                    $"Conflict. The container name \"/{name}\" is already in use by container \"{owner}\". "
                    + "You have to remove (or rename) that container to be able to reuse that name.");
            Files.TryUnlinkAt(Fd.Cwd, link);
        }
    }

    private IEnumerable<string> Ids()
    {
        foreach (string name in DirectoryNames(_containers))
            if (name.Length == 64)
                yield return name;
    }

    // A state root that nothing was created on yet has no such directory.
    private static List<string> DirectoryNames(string path)
    {
        Files.TryListDirectory(path, out List<string> names);
        return names;
    }

    private static T? ReadJson<T>(string path, Func<ReadOnlyMemory<byte>, T> read) where T : class
    {
        if (Files.TryReadAllBytes(Fd.Cwd, path, out byte[] bytes) != Errno.None) return null;
        // Files that are not flushed (see AutoRemove, and the state of a start) come back empty after a power cut, or
        // as zeros: name and size are on the disk before the content. They count as never written.
        if (bytes.Length == 0 || bytes[0] == 0) return null;
        try
        {
            return read(bytes);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ImageException($"state file {path} is damaged: {e.Message}", e);
        }
    }
}
