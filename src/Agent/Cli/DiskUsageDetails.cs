using System.Globalization;
using System.Text;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Cli;

/// <summary>The tables of <c>system df -v</c>.</summary>
internal static class DiskUsageDetails
{
    /// <summary>All of them, under Docker's headings.</summary>
    public static string Render(DiskUsage usage, DateTimeOffset now) => new StringBuilder()
        .Append("Images space usage:\n\n").Append(Images(usage, now))
        .Append("\nContainers space usage:\n\n").Append(Containers(usage, now))
        .Append("\nLocal Volumes space usage:\n\n").Append(Volumes(usage))
        .Append("\nBuild cache usage: 0B\n\n").Append(Partials(usage, now)).ToString();

    private static string Images(DiskUsage usage, DateTimeOffset now)
    {
        var listing = new Listing<ImageUsage>(
            new("Repository", "REPOSITORY", i => NameOf(i).Repository), new("Tag", "TAG", i => NameOf(i).Tag),
            new("ID", "IMAGE ID", i => i.Image.Id.Short),
            new("CreatedSince", "CREATED", i => HumanDuration.Since(i.Image.Created, now)),
            new("Size", "SIZE", i => HumanSize.Decimal(i.SharedBytes + i.UniqueBytes)),
            new("SharedSize", "SHARED SIZE", i => HumanSize.Decimal(i.SharedBytes)),
            new("UniqueSize", "UNIQUE SIZE", i => HumanSize.Decimal(i.UniqueBytes)),
            new("Containers", "CONTAINERS", i => Number(i.Containers)));
        return listing.Render(usage.Images, null);
    }

    private static string Containers(DiskUsage usage, DateTimeOffset now)
    {
        var listing = new Listing<ContainerUsage>(
            new("ID", "CONTAINER ID", c => c.Config.Id[..12]), new("Image", "IMAGE", c => c.Config.Image),
            new("Command", "COMMAND", c => Verbs.PsVerb.CommandOf(c.Config, full: false)),
            new("LocalVolumes", "LOCAL VOLUMES", c => Number(c.Config.Mounts.Count(m => m.Type == "volume"))),
            new("Size", "SIZE", c => HumanSize.Decimal(c.Bytes)),
            new("RunningFor", "CREATED", c => HumanDuration.Since(c.Config.Created, now)),
            new("Status", "STATUS", c => Verbs.PsVerb.StatusOf(c.State, now)),
            new("Names", "NAMES", c => c.Config.Name));
        return listing.Render(usage.Containers, null);
    }

    private static string Volumes(DiskUsage usage)
    {
        var listing = new Listing<VolumeUsage>(
            new("Name", "VOLUME NAME", v => v.Volume.Name), new("Links", "LINKS", v => Number(v.Links)),
            new("Size", "SIZE", v => HumanSize.Decimal(v.Bytes)));
        return listing.Render(usage.Volumes, null);
    }

    private static string Partials(DiskUsage usage, DateTimeOffset now)
    {
        if (usage.Partials.Count == 0) return "";
        var listing = new Listing<PartialLayer>(
            new("Layer", "LAYER", p => p.DiffId.Short), new("Size", "SIZE", p => HumanSize.Decimal(p.Bytes)),
            new("LastUsed", "LAST USED", p => HumanDuration.Since(p.LastUsed, now)));
        return "Partial downloads space usage:\n\n" + listing.Render(usage.Partials, null);
    }

    private static (string Repository, string Tag) NameOf(ImageUsage usage)
    {
        if (usage.Image.RepoTags is not [var name, ..]) return ("<none>", "<none>");
        int colon = name.LastIndexOf(':');
        return (name[..colon], name[(colon + 1)..]);
    }

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);
}
