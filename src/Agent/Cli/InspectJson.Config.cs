using System.Text.Json;
using Skiff.Agent.Containers;

namespace Skiff.Agent.Cli;

internal static partial class InspectJson
{
    private static void WriteConfig(Utf8JsonWriter w, ContainerConfig c)
    {
        w.WriteStartObject("Config");
        w.WriteString("Hostname", c.Hostname);
        w.WriteString("Domainname", c.Domainname);
        w.WriteString("User", c.User);
        foreach (string stream in (ReadOnlySpan<string>)["Stdin", "Stdout", "Stderr"])
            w.WriteBoolean("Attach" + stream, c.Attached.Contains(stream));
        if (c.ExposedPorts.Length > 0) WriteSet(w, "ExposedPorts", c.ExposedPorts);
        w.WriteBoolean("Tty", c.Tty);
        w.WriteBoolean("OpenStdin", c.OpenStdin);
        w.WriteBoolean("StdinOnce", c.StdinOnce);
        WriteStrings(w, "Env", c.Env);
        WriteStringsOrNull(w, "Cmd", c.Cmd);
        if (c.Healthcheck is { } healthcheck) WriteHealthcheck(w, healthcheck);
        w.WriteString("Image", c.Image);
        string[] volumes = [.. c.Mounts.Where(mount => mount.Anonymous).Select(mount => mount.Target)];
        if (volumes.Length > 0) WriteSet(w, "Volumes", volumes);
        else w.WriteNull("Volumes");
        w.WriteString("WorkingDir", c.WorkingDir == "/" ? "" : c.WorkingDir);
        WriteStringsOrNull(w, "Entrypoint", c.Entrypoint);
        if (c.Networks is [{ MacAddress: { } mac }, ..]) w.WriteString("MacAddress", mac);
        w.WriteNull("OnBuild");
        WritePairs(w, "Labels", c.Labels);
        w.WriteString("StopSignal", c.StopSignal);
        w.WriteNumber("StopTimeout", c.StopTimeoutSeconds);
        if (c.Shell.Length > 0) WriteStrings(w, "Shell", c.Shell);
        w.WriteEndObject();
    }

    // A Go map whose values say nothing.
    private static void WriteSet(Utf8JsonWriter w, string name, IReadOnlyList<string> values)
    {
        w.WriteStartObject(name);
        foreach (string value in values.Order(StringComparer.Ordinal))
        {
            w.WriteStartObject(value);
            w.WriteEndObject();
        }
        w.WriteEndObject();
    }
}
