using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// <c>rmi</c> with Docker's rules: a name is untagged; its image goes with its last name, unless containers need it; by
/// id all of an image's names go if they are of one repository. Works under the exclusive lock.
/// </summary>
internal sealed partial class ImageRemoval(
    ImageStore store, Func<IReadOnlyList<ImageUse>> uses, Action? onWait = null)
{
    /// <summary>Removes a name or an image and returns the lines that Docker prints.</summary>
    /// <exception cref="ImageException">No such image, or it is needed; the text says by whom.</exception>
    public List<string> Remove(string nameOrIdPrefix, bool force)
    {
        using StoreLock alone = store.Lock(exclusive: true, onWait);
        Digest id = store.Resolve(nameOrIdPrefix)
            ?? throw ImageStore.Missing(nameOrIdPrefix);
        List<string> lines = [];
        IReadOnlyList<ImageUse> users = UsersOf(id);
        Reference? name = NameAmong(NamesOf(id), nameOrIdPrefix);
        bool isOwn = store.Records.IsOwn(id);
        if (name is null ? !isOwn : !store.Names.IsOwn(name)) throw new ImageException(
            $"conflict: unable to remove {name?.Familiar ?? id.Short} - it is preloaded, and only read: "
            + store.Records.Preloaded(id), ImageErrorKind.Conflict);
        bool goes = name is null ? CheckById(id, users, force) : Untag(id, name, users, force, lines);
        if (!goes || !isOwn) return lines;
        Forget(NamesOf(id), lines);
        Delete(id, lines);
        return lines;
    }

    /// <summary>
    /// Deletes documents and layers that neither an image nor a container needs: what an unfinished pull, a crash or a
    /// removal by force left. Returns the DiffIds that went.
    /// </summary>
    public HashSet<Digest> CollectGarbage()
    {
        using StoreLock alone = store.Lock(exclusive: true, onWait);
        return Sweep();
    }

    // True when the name was the image's last one and nothing running needs the image.
    private bool Untag(Digest id, Reference name, IReadOnlyList<ImageUse> users, bool force, List<string> lines)
    {
        if (!force && users.Count > 0 && IsSingle(NamesOf(id)))
            throw new ImageException(
                $"conflict: unable to remove repository reference \"{name.Familiar}\" (must force) - container " +
                $"{users[0].ContainerId[..12]} is using its referenced image {id.Short}",
                ImageErrorKind.Conflict);
        List<Reference> names = NamesOf(id);
        names.Remove(name);
        List<Reference> forgotten = [name];
        // Digests of a repository without tags name nothing that anybody asked for by name.
        if (name.Digest is null && !names.Exists(other => other.Digest is null && other.Name == name.Name))
            forgotten.AddRange(names.Where(other => other.Name == name.Name));
        Forget(forgotten, lines);
        return names.Count == forgotten.Count - 1 && !Running(users, out _);
    }

    private bool CheckById(Digest id, IReadOnlyList<ImageUse> users, bool force)
    {
        if (Running(users, out string container))
            throw new ImageException(
                $"conflict: unable to delete {id.Short} (cannot be forced) - image is being used by running " +
                $"container {container[..12]}", ImageErrorKind.Conflict);
        if (!force && !IsSingle(NamesOf(id)))
            throw new ImageException(
                $"conflict: unable to delete {id.Short} (must be forced) - image is referenced in multiple " +
                "repositories", ImageErrorKind.Conflict);
        if (!force && users.Count > 0)
            throw new ImageException(
                $"conflict: unable to delete {id.Short} (must be forced) - image is being used by stopped " +
                $"container {users[0].ContainerId[..12]}", ImageErrorKind.Conflict);
        return true;
    }

    private void Delete(Digest id, List<string> lines)
    {
        IReadOnlyList<Digest> diffIds = store.Open(id).DiffIds;
        store.Records.Remove(id);
        HashSet<Digest> gone = Sweep();
        lines.Add($"Deleted: {id}");
        Digest[] chain = ChainId.Of(diffIds);
        for (int i = chain.Length - 1; i >= 0; i--)
            if (gone.Contains(diffIds[i]))
                lines.Add($"Deleted: {chain[i]}");
    }

    private HashSet<Digest> Sweep(IReadOnlyCollection<Digest>? alsoNeeded = null)
    {
        HashSet<Digest> documents = [], layers = [.. alsoNeeded ?? []], gone = [];
        foreach (Digest id in store.Records.List())
        {
            documents.UnionWith(store.Records.Documents(id));
            Keep(id, documents, layers);
        }
        foreach (ImageUse use in uses()) Keep(use.ImageId, documents, layers);
        foreach (Digest document in store.Content.List())
            if (!documents.Contains(document))
                store.Content.Delete(document);
        store.RemoveTemporaries();
        store.Layers.Release(layers);
        store.Layers.RemoveStrays(layers);
        foreach ((Digest diffId, _) in store.Layers.List())
            if (!layers.Contains(diffId))
                gone.Add(diffId);
        store.Layers.Remove(gone);
        return gone;
    }

    // A config that cannot be read stops the sweep: without it nobody knows which layers are needed.
    private void Keep(Digest id, HashSet<Digest> documents, HashSet<Digest> layers)
    {
        documents.Add(id);
        if (store.Content.TryGet(id) is { } config) layers.UnionWith(ImageConfig.Parse(config).RootFs.DiffIds);
    }

    // Digests before their tags, so that a power cut leaves no digest that only a tag had brought.
    private void Forget(List<Reference> names, List<string> lines)
    {
        List<Reference> own = names.FindAll(store.Names.IsOwn);
        store.Names.Remove([.. own.OrderBy(name => name.Digest is null)]);
        foreach (Reference name in own) lines.Add($"Untagged: {name.Familiar}");
    }

    private List<Reference> NamesOf(Digest id)
    {
        List<Reference> names = [];
        foreach ((Reference name, NameRecord record) in store.Names.List())
            if (record.Image == id)
                names.Add(name);
        return names;
    }

    private List<ImageUse> UsersOf(Digest id)
    {
        List<ImageUse> users = [];
        foreach (ImageUse use in uses())
            if (use.ImageId == id)
                users.Add(use);
        return users;
    }

    // The name that was asked for; null when it was an id.
    private static Reference? NameAmong(List<Reference> names, string text)
    {
        if (text.StartsWith("sha256:", StringComparison.Ordinal)
            || !Reference.TryParse(text, out Reference? asked, out _)) return null;
        Reference wanted = asked.Digest is { } digest ? asked.WithDigest(digest) : asked;
        return names.Contains(wanted) ? wanted : null;
    }

    // At most one tag, and no name of another repository.
    private static bool IsSingle(List<Reference> names)
    {
        int tags = 0;
        foreach (Reference name in names)
        {
            if (name.Name != names[0].Name) return false;
            if (name.Digest is null) tags++;
        }
        return tags <= 1;
    }

    private static bool Running(IReadOnlyList<ImageUse> users, out string container)
    {
        foreach (ImageUse use in users)
            if (use.Running)
            {
                container = use.ContainerId;
                return true;
            }
        container = "";
        return false;
    }
}
