using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Spec;

/// <summary>One of the mounts.</summary>
/// <param name="Destination">Where, below the container's root.</param>
/// <param name="Type">The filesystem; may be empty for a bind mount.</param>
/// <param name="Source">What.</param>
/// <param name="Options">How.</param>
internal sealed record MountEntry(string Destination, string Type, string Source, MountOptions Options)
{
    /// <summary>The mount's own ID mapping; none unless it says so.</summary>
    public IdRange[] UidMappings { get; private init; } = [];

    /// <summary>As <see cref="UidMappings"/>, of groups.</summary>
    public IdRange[] GidMappings { get; private init; } = [];

    /// <summary>Whether it shows something that is there already.</summary>
    public bool IsBind => Options.IsBind || Type == "bind";

    /// <summary>Whether its ids are mapped.</summary>
    public bool IsMapped => Options.IdMap || UidMappings.Length + GidMappings.Length > 0;

    /// <summary>Reads mounts[].</summary>
    public static MountEntry Read(SpecNode node)
    {
        string destination = node.Text("destination");
        if (destination.Length == 0) throw node.Wrong("destination", "is missing");
        // Relative ones were allowed before version 1.0, and are taken from the root.
        if (!destination.StartsWith('/')) destination = "/" + destination;
        MountOptions options = MountOptions.Parse(node);
        var entry = new MountEntry(destination, node.Text("type"), node.Text("source"), options)
        {
            UidMappings = node.Items("uidMappings", IdMapping.Read),
            GidMappings = node.Items("gidMappings", IdMapping.Read),
        };
        if (entry.IsMapped && !entry.IsBind) throw node.Wrong("uidMappings", "are for bind mounts only");
        if (!entry.IsBind && entry.Type.Length == 0) throw node.Wrong("type", "is missing");
        return entry;
    }
}
