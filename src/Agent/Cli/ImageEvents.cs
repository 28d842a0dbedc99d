using Skiff.Agent.Events;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Events of images that a verb has worked on.</summary>
internal static class ImageEvents
{
    private const string Untagged = "untagged: ", Deleted = "deleted: ";

    /// <summary>An event of an image without another name than its id.</summary>
    public static void Write(Engine engine, string action, string id) =>
        engine.Events.Write("image", action, id, ("name", id));

    /// <summary>Those of a removal, by the lines that it printed.</summary>
    /// <param name="events">Where they go.</param>
    /// <param name="id">The image that lost names.</param>
    /// <param name="lines">What was printed.</param>
    public static void WriteRemoved(EventJournal events, string id, IReadOnlyList<string> lines)
    {
        bool isDeleted = false;
        foreach (string line in lines)
            if (line.StartsWith(Untagged, StringComparison.OrdinalIgnoreCase))
                events.Write("image", "untag", id, ("name", line[Untagged.Length..]));
            else isDeleted |= line.StartsWith(Deleted, StringComparison.OrdinalIgnoreCase);
        if (isDeleted) events.Write("image", "delete", id, ("name", id));
    }

    /// <summary>Does a prune and tells of it; what it prints has layers among the images.</summary>
    public static PruneResult Prune(Engine engine, bool all, Func<Image, bool> fits)
    {
        HashSet<string> images = [.. engine.Images.List().Select(image => image.Id.ToString())];
        PruneResult result = new ImageRemoval(engine.Images, engine.ImageUses).Prune(all, fits);
        foreach (string line in result.Lines)
            if (line.StartsWith(Deleted, StringComparison.OrdinalIgnoreCase) && images.Contains(line[Deleted.Length..]))
                Write(engine, "delete", line[Deleted.Length..]);
        engine.Events.Write("image", "prune", "", ("reclaimed", $"{result.Bytes}"));
        return result;
    }
}
