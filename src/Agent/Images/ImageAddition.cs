using System.Security.Cryptography;
using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// Makes an image visible, in steps of which each may find the disk full: documents, record, names, in this order. When
/// one fails, those before it can be taken back. The caller holds the store's write lock from the first step to the
/// last, so that nobody relies on what is taken back.
/// </summary>
internal sealed class ImageAddition(ContentStore content, ImageRecords records, ImageNames names)
{
    private readonly Stack<Action> _undo = new();

    /// <summary>Stores a document that belongs to the image and returns its digest.</summary>
    public Digest Put(byte[] document)
    {
        Digest digest = Digest.FromBytes(SHA256.HashData(document));
        if (!content.Contains(digest)) _undo.Push(() => content.Delete(digest));
        return content.Put(document);
    }

    /// <summary>Adds the image with its documents, or documents to one that is there.</summary>
    public void Record(Digest id, IReadOnlyCollection<Digest> documents)
    {
        List<Digest> before = records.Documents(id);
        _undo.Push(records.IsOwn(id) ? () => records.Set(id, before) : () => records.Remove(id));
        records.Add(id, documents);
    }

    /// <summary>Makes a name stand for the image; false when it did already.</summary>
    public bool Name(Reference name, NameRecord record)
    {
        NameRecord? before = names.FindSound(name);
        _undo.Push(before is { } old ? () => names.Set(name, old) : () => names.Remove([name]));
        return names.Set(name, record);
    }

    /// <summary>
    /// Takes back what was done, last step first, and stops where that fails, too: each step needs only those before
    /// it, so what is left then is whole.
    /// </summary>
    public void TakeBack()
    {
        try
        {
            while (_undo.TryPop(out Action? undo)) undo();
        }
        catch (LinuxException)
        {
            // The failure that led here says what is wrong with the disk.
        }
    }
}
