using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Volumes;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>The JSON of a volume's record, one line a field.</summary>
internal static class VolumeFormat
{
    /// <summary>As bytes.</summary>
    public static byte[] Write(Volume volume) => ToBytes(w =>
    {
        JsonFields.Write(w, "Name", volume.Name);
        JsonFields.Write(w, "CreatedAt", volume.CreatedAt);
        JsonFields.Write(w, "Anonymous", volume.Anonymous);
        JsonFields.Write(w, "Labels", volume.Labels);
        JsonFields.Write(w, "Options", volume.Options);
    });

    /// <summary>From bytes; absent fields are empty.</summary>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static Volume Read(ReadOnlyMemory<byte> json)
    {
        JsonElement e = JsonElement.Parse(json.Span);
        return new Volume
        {
            Name = Text(e, "Name"), CreatedAt = Time(e, "CreatedAt"), Anonymous = Flag(e, "Anonymous"),
            Labels = Pairs(e, "Labels"), Options = Pairs(e, "Options"),
        };
    }
}
