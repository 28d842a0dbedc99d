using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// The names of images: <c>images/names/REGISTRY/REPOSITORY/_tags/TAG.json</c> and <c>…/_digests/HEX.json</c>. A
/// repository's components never begin with an underscore, so the two kinds of directories cannot meet. Looking a name
/// up is one file; writers hold the <see cref="StoreLock"/>.
/// </summary>
/// <param name="imagesDirectory">Where they are.</param>
/// <param name="preloaded">Such directories whose names stand besides, and are only read; a name here hides one
/// there.</param>
/// <param name="stamp">Broken by each change.</param>
internal sealed class ImageNames(string imagesDirectory, IReadOnlyList<string> preloaded, StoreStamp stamp)
{
    private const string Tags = "_tags";
    private const string Digests = "_digests";
    // Tags may look like AtomicFile's temporary names; with a suffix of their own the two cannot be taken for each
    // other.
    private const string Suffix = ".json";

    private const int MaxRecordBytes = 1024;

    private readonly string _root = Path.Join(imagesDirectory, "names");
    private readonly string[] _preloaded = [.. preloaded.Select(place => Path.Join(place, "names"))];

    /// <summary>What the name stands for, or null. The digest decides when there is one.</summary>
    public NameRecord? Find(Reference reference)
    {
        NameRecord? found = Read(PathOf(reference));
        for (int i = 0; found is null && i < _preloaded.Length; i++) found = Read(PathOf(reference, _preloaded[i]));
        return found;
    }

    /// <summary>Whether the name is one that can be changed.</summary>
    public bool IsOwn(Reference reference) => Files.Exists(PathOf(reference));

    /// <summary>What an own name stands for; null also when the record cannot be read.</summary>
    public NameRecord? FindSound(Reference reference) => Read(PathOf(reference), reference, static (_, _) => { });

    /// <summary>
    /// Makes the name stand for something, durably; it stays pinned when it is. False when it did already.
    /// </summary>
    public bool Set(Reference reference, NameRecord record)
    {
        NameRecord? before = FindSound(reference);
        record = record with { Pinned = before?.Pinned ?? false };
        if (before == record) return false;
        Write(reference, record);
        return true;
    }

    /// <summary>Pins a name or unpins it, durably. False when there is no such name.</summary>
    public bool Pin(Reference reference, bool pinned)
    {
        if (Find(reference) is not { } record) return false;
        if (record.Pinned != pinned) Write(reference, record with { Pinned = pinned });
        return true;
    }

    private void Write(Reference reference, NameRecord record)
    {
        stamp.Break();
        string path = PathOf(reference);
        string directory = Path.GetDirectoryName(path)!;
        Files.MakeDirectories(directory);
        AtomicFile.Replace(path, record.ToJson(), durable: true);
        AtomicFile.SyncDirectory(Path.GetDirectoryName(directory)!);
    }

    /// <summary>Forgets names in their order, durably; missing ones are fine. Directories that they leave empty go too,
    /// also those that were made for them in vain.</summary>
    public void Remove(IReadOnlyCollection<Reference> references)
    {
        stamp.Break();
        HashSet<string> changed = [];
        foreach (Reference reference in references)
        {
            string path = PathOf(reference);
            Errno errno = Files.TryUnlinkAt(Fd.Cwd, path);
            if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlink", path);
            if (errno == Errno.None) changed.Add(Path.GetDirectoryName(path)!);
        }
        // All of them first: a journal that has been flushed for one has no more to flush for the others.
        foreach (string directory in changed) AtomicFile.SyncDirectory(directory);
        foreach (Reference reference in references) RemoveEmpty(Path.GetDirectoryName(PathOf(reference))!);
    }

    /// <summary>All names, sorted: by tag where there is one, else by digest alone.</summary>
    /// <param name="damaged">Called with each name whose record cannot be read; without it, that is thrown.</param>
    public List<(Reference Name, NameRecord Record)> List(Action<Reference, ImageException>? damaged = null)
    {
        List<(Reference Name, NameRecord Record)> names = [];
        Walk(_root, _root, names, damaged);
        HashSet<Reference> own = [.. names.Select(static name => name.Name)];
        foreach (string place in _preloaded)
        {
            List<(Reference Name, NameRecord Record)> there = [];
            Walk(place, place, there, damaged);
            names.AddRange(there.Where(name => own.Add(name.Name)));
        }
        names.Sort(static (a, b) => string.CompareOrdinal(a.Name.ToString(), b.Name.ToString()));
        return names;
    }

    /// <summary>When one of these names came to stand for what it does; long ago when none is there.</summary>
    public DateTimeOffset LastSet(IEnumerable<Reference> references)
    {
        DateTimeOffset last = default;
        foreach (Reference reference in references)
            foreach (string place in (string[])[_root, .. _preloaded])
            {
                if (Files.TryStatAt(Fd.Cwd, PathOf(reference, place), AtFlags.None, out FileStatus status)
                    != Errno.None) continue;
                if (status.Modified > last) last = status.Modified;
                break;
            }
        return last;
    }

    /// <summary>Removes what processes that were killed left half-written; the caller has the store alone.</summary>
    public void RemoveTemporaries() => RemoveTemporaries(_root);

    private static void RemoveTemporaries(string directory)
    {
        if (Path.GetFileName(directory) is Tags or Digests) AtomicFile.RemoveTemporaries(directory);
        else if (Files.TryListDirectory(directory, out List<string> entries) == Errno.None)
            foreach (string entry in entries)
            {
                RemoveTemporaries($"{directory}/{entry}");
                // Goes if nothing else was in it.
                Files.TryUnlinkAt(Fd.Cwd, $"{directory}/{entry}", directoryEntry: true);
            }
    }

    // Everything but the files in _tags and _digests is a directory.
    private static void Walk(
        string root, string directory, List<(Reference Name, NameRecord Record)> names,
        Action<Reference, ImageException>? damaged)
    {
        Errno errno = Files.TryListDirectory(directory, out List<string> entries);
        if (errno is not (Errno.None or Errno.ENOENT or Errno.ENOTDIR)) throw new LinuxException(
            errno, "getdents64", directory);
        bool isLeaf = Path.GetFileName(directory) is Tags or Digests;
        foreach (string entry in entries)
        {
            string path = $"{directory}/{entry}";
            if (!isLeaf) Walk(root, path, names, damaged);
            else if (NameOf(root, path) is { } name && Read(path, name, damaged) is { } record)
                names.Add((name, record));
        }
    }

    private void RemoveEmpty(string directory)
    {
        while (directory.Length > _root.Length
            && Files.TryUnlinkAt(Fd.Cwd, directory, directoryEntry: true) is Errno.None or Errno.ENOENT)
            directory = Path.GetDirectoryName(directory)!;
    }

    private string PathOf(Reference reference) => PathOf(reference, _root);

    private static string PathOf(Reference reference, string root) => reference.Digest is { } digest
        ? $"{root}/{reference.Registry}/{reference.Repository}/{Digests}/{digest.Hex}{Suffix}"
        : $"{root}/{reference.Registry}/{reference.Repository}/{Tags}/{reference.Tag}{Suffix}";

    private static Reference? NameOf(string root, string path)
    {
        if (!path.EndsWith(Suffix, StringComparison.Ordinal)) return null;
        string relative = path[(root.Length + 1)..^Suffix.Length];
        string algorithm = Path.GetFileName(relative).Length > 64 ? "sha512" : "sha256";
        string text = relative.Replace($"/{Tags}/", ":").Replace($"/{Digests}/", $"@{algorithm}:");
        return text != relative && Reference.TryParse(text, out Reference? name, out _) ? name : null;
    }

    private static NameRecord? Read(string path, Reference name, Action<Reference, ImageException>? damaged)
    {
        try
        {
            return Read(path);
        }
        catch (ImageException e) when (damaged is not null)
        {
            damaged(name, e);
            return null;
        }
    }

    private static NameRecord? Read(string path)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ENAMETOOLONG) return null;
        if (errno != Errno.None) throw new LinuxException(errno, "openat", path);
        Span<byte> buffer = stackalloc byte[MaxRecordBytes];
        using (fd) return NameRecord.Parse(buffer[..Files.Read(fd!, buffer)], path);
    }
}
