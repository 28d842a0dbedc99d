using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Cli;
using Skiff.Agent.Cli.Verbs;
using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Interop;

namespace Skiff.Agent.Api;

/// <summary>The object of SystemInfo.</summary>
internal static class InfoJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter w, Engine engine, AgentSettings settings)
    {
        w.WriteStartObject();
        w.WriteString("ID", Hostname());
        w.WriteString("Name", Hostname());
        InfoVerb.WriteFacts(w, engine);
        w.WriteString("OperatingSystem", OperatingSystemName());
        w.WriteNumber("MemTotal", MemoryBytes());
        w.WriteString("CgroupDriver", "cgroupfs");
        w.WriteString("SystemTime", DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'",
            CultureInfo.InvariantCulture));
        w.WriteString("IndexServerAddress", "https://index.docker.io/v1/");
        foreach (string ability in (ReadOnlySpan<string>)["MemoryLimit", "SwapLimit", "CpuCfsPeriod", "CpuCfsQuota",
            "CPUShares", "CPUSet", "PidsLimit", "IPv4Forwarding"]) w.WriteBoolean(ability, true);
        foreach (string inability in (ReadOnlySpan<string>)["OomKillDisable", "ExperimentalBuild",
            "LiveRestoreEnabled"]) w.WriteBoolean(inability, inability == "LiveRestoreEnabled");
        w.WriteBoolean("Debug", settings.Debug);
        InspectJson.WriteStrings(w, "Labels", settings.Labels);
        w.WriteStartArray("DriverStatus");
        w.WriteEndArray();
        w.WriteNumber("NFd", 0);
        w.WriteNumber("NGoroutines", 0);
        w.WriteNumber("NEventsListener", 0);
        WritePlugins(w);
        w.WriteString("DefaultRuntime", "skiff");
        w.WriteStartObject("Runtimes");
        w.WriteStartObject("skiff");
        w.WriteString("path", "skiff-runtime");
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteStartObject("Swarm");
        w.WriteString("NodeID", "");
        w.WriteString("LocalNodeState", "inactive");
        w.WriteBoolean("ControlAvailable", false);
        w.WriteEndObject();
        w.WriteString("InitBinary", "skiff");
        w.WriteEndObject();
    }

    private static void WritePlugins(Utf8JsonWriter w)
    {
        w.WriteStartObject("Plugins");
        foreach (var (name, words) in (ReadOnlySpan<(string, string[])>)[("Volume", ["local"]),
            ("Network", ["bridge", "host", "ipvlan", "macvlan", "null"]),
            ("Log", ["journald", "json-file", "local", "none", "syslog"])])
        {
            w.WriteStartArray(name);
            foreach (string word in words) w.WriteStringValue(word);
            w.WriteEndArray();
        }
        w.WriteNull("Authorization");
        w.WriteEndObject();
    }

    private static string Hostname() => Uname.Current.NodeName;

    private static string OperatingSystemName()
    {
        if (!Files.Exists("/etc/os-release")) return "Linux";
        foreach (string line in System.Text.Encoding.UTF8.GetString(Files.ReadAllBytes("/etc/os-release")).Split('\n'))
            if (line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) return line[12..].Trim('"');
        return "Linux";
    }

    private static long MemoryBytes()
    {
        string text = System.Text.Encoding.ASCII.GetString(Files.ReadAllBytes("/proc/meminfo"));
        int digits = text.IndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        int end = text.IndexOf(" kB", StringComparison.Ordinal);
        return digits < 0 || end < digits ? 0 : 1024 * long.Parse(text[digits..end], CultureInfo.InvariantCulture);
    }
}
