using System.Text;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// What lists say of all images, in one file of the run root, which spares a list several files and directories an
/// image. Only lists may rely on it: what removes something looks at the store itself.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class ListingCache(string path)
{
    private const uint Mode = 0x180; // 0600

    /// <summary>The images that were written under this key, in their order; null when there is no such list.</summary>
    public List<ListedImage>? Read(string key)
    {
        if (Files.TryReadAllBytes(Fd.Cwd, path, out byte[] bytes) != Errno.None) return null;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
            if (reader.ReadString() != key) return null;
            List<ListedImage> images = new(Math.Min(reader.ReadInt32(), bytes.Length));
            while (images.Count < images.Capacity) images.Add(ReadImage(reader));
            return images;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException or ImageException)
        {
            // Not a file of ours; the next list replaces it.
            return null;
        }
    }

    /// <summary>Replaces the list. When it cannot be kept, the next one is made from the store, too.</summary>
    public void Write(string key, IReadOnlyCollection<ListedImage> images)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(key);
        writer.Write(images.Count);
        foreach (ListedImage image in images) Write(writer, image);
        try
        {
            Files.MakeDirectories(Path.GetDirectoryName(path)!);
            AtomicFile.Replace(path, bytes.GetBuffer().AsSpan(0, (int)bytes.Length), durable: false, Mode);
        }
        catch (LinuxException)
        {
            // A full or read-only run root makes lists slower, not wrong.
        }
    }

    private static ListedImage ReadImage(BinaryReader reader)
    {
        Digest id = Digest.Parse(reader.ReadString());
        var created = new DateTimeOffset(reader.ReadInt64(), TimeSpan.FromMinutes(reader.ReadInt16()));
        return new ListedImage(
            id, created, reader.ReadInt64(), ReadStrings(reader), ReadStrings(reader), reader.ReadBoolean());
    }

    private static void Write(BinaryWriter writer, ListedImage image)
    {
        writer.Write(image.Id.ToString());
        writer.Write(image.Created.Ticks);
        writer.Write((short)image.Created.TotalOffsetMinutes);
        writer.Write(image.SizeBytes);
        WriteStrings(writer, image.RepoTags);
        WriteStrings(writer, image.RepoDigests);
        writer.Write(image.IsPinned);
    }

    private static string[] ReadStrings(BinaryReader reader)
    {
        string[] strings = new string[reader.ReadUInt16()];
        for (int i = 0; i < strings.Length; i++) strings[i] = reader.ReadString();
        return strings;
    }

    private static void WriteStrings(BinaryWriter writer, IReadOnlyList<string> strings)
    {
        writer.Write(checked((ushort)strings.Count));
        foreach (string text in strings) writer.Write(text);
    }
}
