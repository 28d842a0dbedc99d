using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Content;

/// <summary>
/// Small documents by digest: manifests, indexes, configs, as files <c>content/sha256/HEX</c>. Written once, durably,
/// never changed; verified at every read. Several processes may use one store.
/// </summary>
public sealed class ContentStore
{
    private readonly string _directory;
    private readonly string[] _preloaded;
    private bool _directoryExists;

    /// <summary>On <c>ROOT/content/sha256</c>, which is created when the first document is put.</summary>
    /// <param name="root">The durable state root.</param>
    /// <param name="preloaded">Others whose documents are there too, and are only read.</param>
    public ContentStore(string root, IReadOnlyList<string>? preloaded = null) =>
        (_directory, _preloaded) = (DirectoryOf(root), [.. (preloaded ?? []).Select(DirectoryOf)]);

    /// <summary>Stores a document and returns its digest; one that is there already is left alone.</summary>
    public Digest Put(ReadOnlySpan<byte> document)
    {
        Digest digest = Sha256.DigestOf(document);
        if (Contains(digest)) return digest;
        if (!_directoryExists) Files.MakeDirectories(_directory);
        _directoryExists = true;
        AtomicFile.Replace(PathOf(digest), document, durable: true);
        return digest;
    }

    /// <summary>Stores a document under the digest that it must have.</summary>
    /// <exception cref="ImageException">It has another.</exception>
    public void Put(Digest expected, ReadOnlySpan<byte> document)
    {
        Digest actual = Sha256.DigestOf(document);
        if (actual != expected) throw new ImageException(
            $"document digest mismatch: expected {expected}, got {actual}");
        Put(document);
    }

    /// <summary>Whether the document is there and sound; one that is corrupt or cannot be read counts as missing, so
    /// that it is fetched again.</summary>
    public bool Contains(Digest digest) =>
        Files.TryReadAllBytes(Fd.Cwd, PathOf(digest), out byte[] bytes) == Errno.None
            && Sha256.DigestOf(bytes) == digest;

    /// <summary>The document, or null when it is not there.</summary>
    /// <exception cref="ImageException">The file's bytes are not what the digest says; the text names the
    /// file.</exception>
    public byte[]? TryGet(Digest digest)
    {
        if (TryRead(digest) is not { } bytes) return null;
        Digest actual = Sha256.DigestOf(bytes);
        return actual == digest ? bytes : throw new ImageException(
            $"{PathOf(digest)} is corrupt: expected {digest}, got {actual}; remove it and pull the image again");
    }

    /// <summary>As <see cref="TryGet"/>, for a document that has to be there.</summary>
    public byte[] Get(Digest digest) =>
        TryGet(digest) ?? throw new ImageException($"{PathOf(digest)} is missing: pull the image again");

    /// <summary>Deletes a document; a missing one is fine.</summary>
    public void Delete(Digest digest)
    {
        string path = PathOf(digest);
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, path);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlink", path);
    }

    /// <summary>Removes what processes that were killed left half-written; the caller makes sure that nobody is putting
    /// documents.</summary>
    public void RemoveTemporaries() => AtomicFile.RemoveTemporaries(_directory);

    /// <summary>All documents, in no order; foreign files are left out.</summary>
    public IEnumerable<Digest> List()
    {
        Errno errno = Files.TryListDirectory(_directory, out List<string> names);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "getdents64", _directory);
        foreach (string name in names)
            if (Digest.TryParse("sha256:" + name, out Digest digest))
                yield return digest;
    }

    private static string DirectoryOf(string root) => Path.Join(root, "content", "sha256");

    private string PathOf(Digest digest) => Path.Join(_directory, digest.Hex);

    private byte[]? TryRead(Digest digest)
    {
        string path = PathOf(digest);
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] bytes);
        for (int i = 0; errno == Errno.ENOENT && i < _preloaded.Length; i++)
        {
            path = Path.Join(_preloaded[i], digest.Hex);
            errno = Files.TryReadAllBytes(Fd.Cwd, path, out bytes);
        }
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "read", path);
        return errno == Errno.None ? bytes : null;
    }
}
