using Skiff.Agent.Manager;

namespace Skiff.Agent.Oci;

/// <summary>The state as JSON (runtime specification, "State").</summary>
internal static class StateFormat
{
    /// <summary>The word for a status.</summary>
    public static string Word(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };

    /// <summary>An object of one container.</summary>
    /// <param name="record">The container.</param>
    /// <param name="status">What it does.</param>
    /// <param name="extended">With what runc's state and list have besides.</param>
    public static byte[] Write(ContainerRecord record, ContainerStatus status, bool extended)
    {
        var text = new JsonText();
        Write(text, record, status, extended);
        return text.Bytes.ToArray();
    }

    /// <summary>As the other form, into a text.</summary>
    public static void Write(JsonText text, ContainerRecord record, ContainerStatus status, bool extended)
    {
        text.WriteStartObject();
        text.WriteString("ociVersion", record.OciVersion);
        text.WriteString("id", record.Id);
        text.WriteNumber("pid", status == ContainerStatus.Stopped ? 0 : record.Pid);
        text.WriteString("status", Word(status));
        text.WriteString("bundle", record.Bundle);
        if (extended)
        {
            text.WriteString("rootfs", record.Rootfs);
            text.WriteTime("created", record.Created);
        }
        if (record.Annotations.Count > 0)
        {
            text.WriteStartObject("annotations");
            foreach (var (key, value) in record.Annotations) text.WriteString(key, value);
            text.WriteEndObject();
        }
        if (extended) text.WriteString("owner", record.Owner == 0 ? "root" : $"{record.Owner}");
        text.WriteEndObject();
    }
}
