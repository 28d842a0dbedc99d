using Skiff.Agent.Images;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tar;

namespace Skiff.Agent.Manager;

/// <summary>What is done with images, each with the events that tell of it.</summary>
internal sealed partial class Engine
{
    private const string Untagged = "untagged: ", Deleted = "deleted: ";

    /// <summary>Pulls an image, for which room is made first; see <see cref="ImagePuller"/>.</summary>
    public PullResult Pull(Reference reference, Platform? platform, RegistryOptions? options, IImageProgress progress,
        CancellationToken cancellation)
    {
        var puller = new ImagePuller(Images, options, (bytes, layers) => MakeRoomFor(bytes, layers, Warn));
        PullResult pulled = puller.PullAsync(reference, platform, progress, cancellation).GetAwaiter().GetResult();
        Events.Write("image", "pull", reference.Familiar, ("name", reference.Name));
        return pulled;
    }

    /// <summary>All tags that a repository has in its registry.</summary>
    public IEnumerable<Reference> RemoteTags(
        Reference repository, RegistryOptions? options, CancellationToken cancellation) =>
        new ImagePuller(Images, options).TagsAsync(repository, cancellation).GetAwaiter().GetResult()
            .Select(repository.WithTag);

    /// <summary>Pushes the image of a tag; with a platform, only if it is for that.</summary>
    public void Push(Reference tag, Platform? platform, PushSettings settings, IImageProgress progress,
        CancellationToken cancellation)
    {
        if (platform is not null) Images.Get(tag.Familiar, platform);
        new ImagePusher(Images, settings).PushAsync(tag, progress, cancellation).GetAwaiter().GetResult();
        Events.Write("image", "push", tag.Familiar, ("name", tag.Name));
    }

    /// <summary>Gives an image a further name.</summary>
    public void Tag(string nameOrId, Reference name)
    {
        Images.Tag(nameOrId, name);
        Events.Write("image", "tag", $"{Images.Resolve(name.Familiar)}", ("name", name.Familiar));
    }

    /// <summary>Removes a name or an image, and returns Docker's lines; with a platform, only if it is for that.
    /// </summary>
    public List<string> RemoveImage(string nameOrId, Platform? platform, bool force)
    {
        if (platform is not null) Images.Get(nameOrId, platform);
        string id = $"{Images.Resolve(nameOrId)}";
        List<string> lines = new ImageRemoval(Images, ImageUses).Remove(nameOrId, force);
        bool isDeleted = false;
        foreach (string line in lines)
            if (line.StartsWith(Untagged, StringComparison.OrdinalIgnoreCase))
                Events.Write("image", "untag", id, ("name", line[Untagged.Length..]));
            else isDeleted |= line.StartsWith(Deleted, StringComparison.OrdinalIgnoreCase);
        if (isDeleted) TellOfImage("delete", id);
        return lines;
    }

    /// <summary>Removes images that nobody uses; see <see cref="ImageRemoval.Prune"/>.</summary>
    public PruneResult PruneImages(bool all, Func<Image, bool> fits)
    {
        HashSet<string> images = [.. Images.List().Select(image => image.Id.ToString())];
        PruneResult result = new ImageRemoval(Images, ImageUses).Prune(all, fits);
        // What it tells has layers among the images.
        foreach (string line in result.Lines)
            if (line.StartsWith(Deleted, StringComparison.OrdinalIgnoreCase) && images.Contains(line[Deleted.Length..]))
                TellOfImage("delete", line[Deleted.Length..]);
        Events.Write("image", "prune", "", ("reclaimed", $"{result.Bytes}"));
        return result;
    }

    /// <summary>Writes images into one archive.</summary>
    public void Save(
        IReadOnlyList<string> namesOrIds, Platform? platform, TarSink sink, CancellationToken cancellation)
    {
        new ImageArchives(Images).Save(namesOrIds, platform, sink, cancellation);
        foreach (string name in namesOrIds) TellOfImage("save", $"{Images.Resolve(name)}");
    }

    /// <summary>Takes all images of an archive in.</summary>
    public void Load(Stream archive, Platform? platform, IImageProgress progress, CancellationToken cancellation)
    {
        foreach (ArchivedImage image in new ImageArchives(Images).Load(archive, platform, progress, cancellation))
            TellOfImage("load", image.Id.ToString());
    }

    /// <summary>Makes an image of a tar of files; see <see cref="ImageImport"/>.</summary>
    public Digest Import(Stream tar, Reference? name, Platform platform, string message, IReadOnlyList<string> changes,
        CancellationToken cancellation)
    {
        Digest id = new ImageImport(Images).Run(tar, name, platform, message, changes, cancellation);
        if (name is not null) Events.Write("image", "tag", id.ToString(), ("name", name.Familiar));
        TellOfImage("import", id.ToString());
        return id;
    }

    // An event of an image without another name than its id.
    private void TellOfImage(string action, string id) => Events.Write("image", action, id, ("name", id));
}
