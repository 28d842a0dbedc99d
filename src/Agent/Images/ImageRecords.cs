using System.Buffers;
using System.Text.Json;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// The images that are complete: <c>images/ids/HEX</c>, named by id, each holding the digests of all documents
/// (manifests, indexes, config) that belong to it. Written after everything that it names.
/// </summary>
/// <param name="imagesDirectory">Where they are.</param>
/// <param name="preloaded">Such directories whose images are there besides, and are only read.</param>
/// <param name="stamp">Broken by each change.</param>
internal sealed class ImageRecords(string imagesDirectory, IReadOnlyList<string> preloaded, StoreStamp stamp)
{
    private readonly string _directory = Path.Join(imagesDirectory, "ids");
    private readonly string[] _preloaded = [.. preloaded.Select(place => Path.Join(place, "ids"))];

    /// <summary>Whether the image is there, be it a preloaded one.</summary>
    public bool Contains(Digest id) => IsOwn(id) || Preloaded(id) is not null;

    /// <summary>Whether the image has a record that can be changed and removed.</summary>
    public bool IsOwn(Digest id) => Files.Exists(PathOf(id));

    /// <summary>The record of a preloaded image; null when it is none.</summary>
    public string? Preloaded(Digest id)
    {
        foreach (string place in _preloaded)
            if (Path.Join(place, id.Hex) is var path && Files.Exists(path)) return path;
        return null;
    }

    /// <summary>Adds an image, or further documents to one that is there; durable. It counts as used now.</summary>
    public void Add(Digest id, IReadOnlyCollection<Digest> documents)
    {
        List<Digest> all = Documents(id);
        int before = all.Count;
        foreach (Digest document in documents)
            if (!all.Contains(document))
                all.Add(document);
        if (all.Count != before || !Contains(id)) Set(id, all);
        else Touch(id);
    }

    /// <summary>Adds an image, or replaces the documents of one that is there; durable.</summary>
    public void Set(Digest id, List<Digest> documents)
    {
        stamp.Break();
        Files.MakeDirectories(_directory);
        AtomicFile.Replace(PathOf(id), ToJson(documents), durable: true);
    }

    /// <summary>
    /// Notes that an image is being used: its record's modification time says when it was last. Not flushed. One that
    /// is not there is fine.
    /// </summary>
    public void Touch(Digest id)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Files.TryUtimens(Fd.Cwd, PathOf(id), now.ToUnixTimeSeconds(), now.Nanosecond + now.Microsecond * 1000L
            + now.Millisecond * 1_000_000L);
    }

    /// <summary>When the image was last used; long ago when it is not there.</summary>
    public DateTimeOffset LastUse(Digest id)
    {
        if (Files.TryStatAt(Fd.Cwd, PathOf(id), AtFlags.None, out FileStatus status) != Errno.None) return default;
        return status.Modified;
    }

    /// <summary>Forgets an image; a missing one is fine.</summary>
    public void Remove(Digest id)
    {
        stamp.Break();
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, PathOf(id));
        if (errno == Errno.None) AtomicFile.SyncDirectory(_directory);
        else if (errno != Errno.ENOENT) throw new LinuxException(errno, "unlink", PathOf(id));
    }

    /// <summary>The documents of an image; empty when it is not there.</summary>
    public List<Digest> Documents(Digest id)
    {
        List<Digest> documents = [];
        string path = PathOf(id);
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] json);
        if (errno == Errno.ENOENT && Preloaded(id) is { } there)
            errno = Files.TryReadAllBytes(Fd.Cwd, path = there, out json);
        if (errno == Errno.ENOENT) return documents;
        if (errno != Errno.None) throw new LinuxException(errno, "read", path);
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
                if (reader.TokenType == JsonTokenType.String)
                    documents.Add(Digest.Parse(reader.GetString()));
            return documents;
        }
        catch (JsonException e)
        {
            throw new ImageException($"{path} is corrupt: {e.Message}; remove it and pull the image again", e);
        }
    }

    /// <summary>All ids, in no order.</summary>
    public List<Digest> List() => StartingWith("");

    /// <summary>Removes what processes that were killed left half-written; the caller has the store alone.</summary>
    public void RemoveTemporaries() => AtomicFile.RemoveTemporaries(_directory);

    /// <summary>The ids whose digits begin with <paramref name="hexPrefix"/>.</summary>
    public List<Digest> StartingWith(string hexPrefix)
    {
        HashSet<Digest> ids = [];
        foreach (string directory in (string[])[_directory, .. _preloaded])
        {
            Errno errno = Files.TryListDirectory(directory, out List<string> names);
            if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "getdents64", directory);
            foreach (string name in names)
                if (name.StartsWith(hexPrefix, StringComparison.Ordinal)
                    && Digest.TryParse("sha256:" + name, out Digest id))
                    ids.Add(id);
        }
        return [.. ids];
    }

    private string PathOf(Digest id) => $"{_directory}/{id.Hex}";

    private static byte[] ToJson(List<Digest> documents)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("documents"u8);
        foreach (Digest document in documents) json.WriteStringValue(document.ToString());
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
