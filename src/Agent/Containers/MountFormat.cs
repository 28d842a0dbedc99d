using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Containers;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>The JSON of a container's mounts, one line a field.</summary>
internal static class MountFormat
{
    /// <summary>Writes the list.</summary>
    public static void Write(JsonText w, Mount[] mounts)
    {
        w.WriteStartArray("Mounts");
        foreach (Mount mount in mounts)
        {
            w.WriteStartObject();
            JsonFields.Write(w, "Type", mount.Type);
            JsonFields.Write(w, "Source", mount.Source);
            JsonFields.Write(w, "Target", mount.Target);
            JsonFields.Write(w, "ReadOnly", mount.ReadOnly);
            JsonFields.Write(w, "NoCopy", mount.NoCopy);
            JsonFields.Write(w, "Propagation", mount.Propagation);
            JsonFields.Write(w, "TmpfsOptions", mount.TmpfsOptions);
            JsonFields.Write(w, "Anonymous", mount.Anonymous);
            JsonFields.Write(w, "LongForm", mount.LongForm);
            JsonFields.Write(w, "Relabel", mount.Relabel);
            JsonFields.Write(w, "Recursive", mount.Recursive);
            JsonFields.Write(w, "Subpath", mount.Subpath);
            JsonFields.Write(w, "VolumeDriver", mount.VolumeDriver);
            JsonFields.Write(w, "VolumeOptions", mount.VolumeOptions ?? []);
            JsonFields.Write(w, "VolumeLabels", mount.VolumeLabels ?? []);
            JsonFields.Write(w, "ImageId", mount.ImageId);
            JsonFields.Write(w, "DiffIds", mount.DiffIds);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    /// <summary>Reads one of it.</summary>
    public static Mount Read(JsonElement e) => new(
        Text(e, "Type"), Text(e, "Source"), Text(e, "Target"), Flag(e, "ReadOnly"), Flag(e, "NoCopy"),
        Text(e, "Propagation"), Text(e, "TmpfsOptions"), Flag(e, "Anonymous"), Flag(e, "LongForm"), Text(e, "Relabel"))
    {
        Recursive = Text(e, "Recursive"),
        Subpath = Text(e, "Subpath"),
        VolumeDriver = Text(e, "VolumeDriver"),
        VolumeOptions = NullIfEmpty(Pairs(e, "VolumeOptions")),
        VolumeLabels = NullIfEmpty(Pairs(e, "VolumeLabels")),
        ImageId = Text(e, "ImageId"),
        DiffIds = Texts(e, "DiffIds"),
    };

    private static Dictionary<string, string>? NullIfEmpty(Dictionary<string, string> pairs) =>
        pairs.Count > 0 ? pairs : null;
}
