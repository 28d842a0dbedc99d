using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Events;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Volumes;

/// <summary>
/// Volumes: <c>ROOT/volumes/NAME/_data</c> and a record beside it. A volume exists when its record does; a directory
/// without one becomes the volume that is created next by that name.
/// </summary>
internal sealed class VolumeModule(StateRoots roots)
{
    // No volume's name begins with a dot.
    private const string Removed = ".removed-", Unfinished = ".unfinished-";

    private const string RecordName = "volume.json";

    // Docker's, by which others tell them.
    private const string AnonymousLabel = "com.docker.volume.anonymous";

    private readonly string _volumes = Path.Combine(roots.Root, "volumes");
    private readonly VolumeMounts _mounts = new(roots);

    /// <summary>Directory that containers see.</summary>
    public string DataDirectory(string name) => Path.Combine(_volumes, name, "_data");

    /// <summary>Creates the volume unless it exists; returns its record, which may have other options then.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Of a new one.</param>
    /// <param name="options">Of a new one (<see cref="VolumeOptions"/>).</param>
    /// <param name="anonymous">Nobody has named it.</param>
    /// <exception cref="UsageException">The name or the options are not possible.</exception>
    public Volume Create(string name, Dictionary<string, string>? labels = null,
        Dictionary<string, string>? options = null, bool anonymous = false)
    {
        if (name.Length == 1)
            throw new UsageException(
                $"create {name}: volume name is too short, names should be at least two alphanumeric characters");
        if (!VolumeSyntax.IsVolumeName(name))
            throw new UsageException(
                $"create {name}: \"{name}\" includes invalid characters for a local volume name, only "
                + "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute "
                    + "path");
        if (TryRead(name) is { } existing) return existing;
        var volume = new Volume
        {
            Name = name, CreatedAt = DateTimeOffset.UtcNow, Anonymous = anonymous, Labels = new(labels ?? []),
            Options = new(options ?? []),
        };
        if (anonymous) volume.Labels.TryAdd(AnonymousLabel, "");
        VolumeOptions.Check(volume.Options);
        if (!TryMake(volume) && TryRead(name) is { } other) return other; // Who was faster.
        new EventJournal(roots).Write("volume", "create", name, ("driver", "local"));
        return volume;
    }

    /// <summary>The volume, or an error in Docker's words.</summary>
    public Volume Get(string name) => TryRead(name) ?? throw UsageException.NotFound($"get {name}: no such volume");

    /// <summary>Whether there is one of that name.</summary>
    public bool Exists(string name) => TryRead(name) is not null;

    /// <summary>
    /// The files of a volume for a container, as a location (O_PATH). <see cref="Leave"/> has to follow, also after a
    /// failure.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <param name="subpath">A file or directory in it; empty for all of it.</param>
    /// <param name="id">The container.</param>
    public Fd Enter(Volume volume, string subpath, string id)
    {
        if (volume.IsMounted) _mounts.Enter(volume, DataDirectory(volume.Name), id);
        return Open(volume, subpath);
    }

    /// <summary>
    /// The same for somebody in a mount namespace that ends with what he does; nobody has to be told of that.
    /// </summary>
    public Fd EnterPrivately(Volume volume, string subpath)
    {
        if (volume.IsMounted) VolumeMounts.MountPrivately(volume, DataDirectory(volume.Name));
        return Open(volume, subpath);
    }

    /// <summary>A container has ended: what was mounted for it alone is unmounted. Idempotent.</summary>
    /// <param name="names">Its volumes.</param>
    /// <param name="id">The container.</param>
    public void Leave(IEnumerable<string> names, string id)
    {
        foreach (string name in names) _mounts.Leave(name, DataDirectory(name), id);
    }

    /// <summary>Unmounts what no container uses, after crashes.</summary>
    public void Release() => _mounts.Release(DataDirectory);

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
        Volume volume = Get(name);
        string users = string.Join(", ", usedBy);
        if (users.Length > 0) throw UsageException.Conflict($"remove {name}: volume is in use - [{users}]");
        string doomed = NewName(Removed);
        using (volume.IsMounted ? _mounts.Withdraw(name, DataDirectory(name)) : null)
        {
            Files.Rename(Path.Combine(_volumes, name), doomed);
            AtomicFile.SyncDirectory(_volumes);
        }
        Trees.Remove(doomed);
        if (VolumeOptions.SizeOf(volume) > 0) StorageLimit.Release(_volumes, IdOf(name));
        new EventJournal(roots).Write("volume", "destroy", name, ("driver", "local"));
        new SpaceReserve(roots.Root).Ensure();
    }

    /// <summary>
    /// Deletes what removals left that were cut off, and creates that began so long ago, as far as that can be removed.
    /// </summary>
    public void RemoveLeftovers(TimeSpan olderThan)
    {
        Files.TryListDirectory(_volumes, out List<string> names);
        foreach (string name in names)
        {
            string path = Path.Combine(_volumes, name);
            if (name.StartsWith(Removed, StringComparison.Ordinal)
                || (name.StartsWith(Unfinished, StringComparison.Ordinal) && Trees.IsOlder(path, olderThan)))
                TreeRemoval.Remove(path);
        }
    }

    /// <summary>
    /// Fills a volume, or a directory in it, from the directory <paramref name="target"/> of the image when it is still
    /// empty, as Docker does at first use: content, owner and mode of the directory itself included.
    /// </summary>
    /// <param name="location">See <see cref="Enter"/>.</param>
    /// <param name="rootfs">The container's root.</param>
    /// <param name="target">Where the volume will be in it.</param>
    public static void CopyUp(Fd location, Fd rootfs, string target)
    {
        if (!Files.Stat(location).IsDirectory) return;
        using Fd data = Files.OpenAt(location, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        foreach (var _ in Files.ListDirectory(data)) return;
        Errno errno = Files.TryOpenAt2(rootfs, target.TrimStart('/'), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0,
            ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS, out Fd? source);
        if (errno != Errno.None) return; // The image has no such directory: nothing to copy.
        using (source) TreeCopy.Copy(source!, data);
    }

    // Out of sight until it is whole, for a create that is cut off would leave a directory that is no volume. False
    // when another one has made one of that name meanwhile.
    private bool TryMake(Volume volume)
    {
        string made = NewName(Unfinished);
        Files.MakeDirectories(Path.Combine(made, "_data"));
        try
        {
            if (VolumeOptions.SizeOf(volume) is > 0 and long size)
                StorageLimit.Apply(StorageLimit.OfVolume, made, IdOf(volume.Name), size);
            AtomicFile.Replace(Path.Combine(made, RecordName), VolumeFormat.Write(volume), durable: true);
            string place = Path.Combine(_volumes, volume.Name);
            Errno errno = Files.TryRenameAt(Fd.Cwd, made, Fd.Cwd, place, noReplace: true);
            if (errno is not (Errno.None or Errno.EEXIST)) throw new LinuxException(errno, "renameat2", place);
            if (errno == Errno.EEXIST)
            {
                Unmake(made, volume);
                if (Exists(volume.Name)) return false;
                AtomicFile.Replace(Record(volume.Name), VolumeFormat.Write(volume), durable: true);
            }
            AtomicFile.SyncDirectory(_volumes);
            return true;
        }
        catch (Exception e)
        {
            Unmake(made, volume);
            if (e is UsageException) throw new UsageException($"create {volume.Name}: {e.Message}");
            throw;
        }
    }

    private void Unmake(string made, Volume volume)
    {
        Trees.Remove(made);
        if (VolumeOptions.SizeOf(volume) > 0) StorageLimit.Release(_volumes, IdOf(volume.Name));
    }

    private string NewName(string kind) =>
        Path.Combine(_volumes, $"{kind}{Environment.ProcessId}-{Random.Shared.Next():x}");

    private Fd Open(Volume volume, string subpath)
    {
        Fd root = Files.Open(DataDirectory(volume.Name), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        if (subpath.Length == 0) return root;
        using (root) return Subpath.Open(root, subpath, $"volume-subpath of {volume.Name}");
    }

    private Volume? TryRead(string name)
    {
        if (!VolumeSyntax.IsVolumeName(name)
            || Files.TryReadAllBytes(Fd.Cwd, Record(name), out byte[] bytes) != Errno.None) return null;
        try
        {
            return VolumeFormat.Read(bytes);
        }
        catch (JsonException e)
        {
            throw new ImageException($"state file {Record(name)} is damaged: {e.Message}", e);
        }
    }

    private string Record(string name) => Path.Combine(_volumes, name, RecordName);

    // FNV-1a: where the search for a number of its own begins.
    private static string IdOf(string name)
    {
        uint hash = 2166136261;
        foreach (char c in name) hash = (hash ^ c) * 16777619;
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}
