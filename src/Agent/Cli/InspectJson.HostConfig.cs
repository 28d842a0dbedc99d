using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Cdi;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Containers;
using Skiff.Agent.Monitor.Logs;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli;

internal static partial class InspectJson
{
    private static readonly (string Name, string Key)[] s_rates =
    [
        ("BlkioDeviceReadBps", "rbps"), ("BlkioDeviceWriteBps", "wbps"),
        ("BlkioDeviceReadIOps", "riops"), ("BlkioDeviceWriteIOps", "wiops"),
    ];

    private static void WriteHostConfig(Utf8JsonWriter w, ContainerConfig c)
    {
        w.WriteStartObject("HostConfig");
        WriteHostMounts(w, c);
        w.WriteStartObject("LogConfig");
        w.WriteString("Type", c.LogDriver.Length > 0 ? c.LogDriver : LogOptions.DefaultDriver);
        WritePairs(w, "Config", c.LogOptions);
        w.WriteEndObject();
        WriteHostNetwork(w, c);
        w.WriteStartObject("RestartPolicy");
        w.WriteString("Name", c.Restart.Name);
        w.WriteNumber("MaximumRetryCount", c.Restart.MaximumRetryCount);
        w.WriteEndObject();
        w.WriteBoolean("AutoRemove", c.AutoRemove);
        WriteNamespaces(w, c);
        WriteSecurity(w, c);
        WriteHostDevices(w, c);
        WriteResources(w, c.Resources);
        WriteUlimits(w, c.Ulimits);
        w.WriteNumber("OomScoreAdj", c.OomScoreAdj ?? 0);
        w.WriteNumber("ShmSize", c.ShmSizeBytes);
        if (c.Sysctls.Count > 0) WritePairs(w, "Sysctls", c.Sysctls);
        if (c.Annotations.Count > 0) WritePairs(w, "Annotations", c.Annotations);
        w.WriteStartArray("ConsoleSize");
        w.WriteNumberValue(c.ConsoleRows);
        w.WriteNumberValue(c.ConsoleColumns);
        w.WriteEndArray();
        w.WriteString("Runtime", "skiff");
        w.WriteString("Isolation", "");
        if (c.Init) w.WriteBoolean("Init", true);
        if (c.StorageSizeBytes > 0)
            WritePairs(w, "StorageOpt",
                new() { ["size"] = c.StorageSizeBytes.ToString(CultureInfo.InvariantCulture) });
        WriteStrings(w, "DependsOn", c.DependsOn);
        if (c.HealthOnFailure != "none") w.WriteString("HealthOnFailure", c.HealthOnFailure);
        w.WriteEndObject();
    }

    // As the flags gave them: -v and --volume in its own words, --mount by fields, --tmpfs by place.
    private static void WriteHostMounts(Utf8JsonWriter w, ContainerConfig c)
    {
        Mount[] shorts = [.. c.Mounts.Where(mount => mount is { LongForm: false, Anonymous: false })];
        WriteStringsOrNull(w, "Binds", [.. shorts.Where(mount => mount.Type != "tmpfs").Select(Bind)]);
        Mount[] memory = [.. shorts.Where(mount => mount.Type == "tmpfs")];
        if (memory.Length > 0)
            WritePairs(w, "Tmpfs", memory.ToDictionary(mount => mount.Target, mount => mount.ReadOnly
                ? string.Join(',', (string[])[.. mount.TmpfsOptions.Length > 0 ? [mount.TmpfsOptions] : (string[])[],
                    "ro"]) : mount.TmpfsOptions));
        Mount[] longs = [.. c.Mounts.Where(mount => mount.LongForm)];
        if (longs.Length > 0)
        {
            w.WriteStartArray("Mounts");
            foreach (Mount mount in longs) WriteHostMount(w, mount);
            w.WriteEndArray();
        }
        WriteStringsOrNull(w, "VolumesFrom", c.VolumesFrom);
        w.WriteString("VolumeDriver", "");
    }

    private static string Bind(Mount mount)
    {
        var words = new List<string>();
        if (mount.ReadOnly) words.Add("ro");
        if (mount.Relabel.Length > 0) words.Add(mount.Relabel);
        if (mount.NoCopy) words.Add("nocopy");
        if (mount is { Type: "bind", Propagation: not "rprivate" }) words.Add(mount.Propagation);
        return $"{mount.Source}:{mount.Target}" + (words.Count > 0 ? ':' + string.Join(',', words) : "");
    }

    private static void WriteHostMount(Utf8JsonWriter w, Mount mount)
    {
        w.WriteStartObject();
        w.WriteString("Type", mount.Type);
        if (!mount.Anonymous && mount.Source.Length > 0) w.WriteString("Source", mount.Source);
        w.WriteString("Target", mount.Target);
        if (mount.ReadOnly) w.WriteBoolean("ReadOnly", true);
        if (mount.Type == "bind") WriteBindOptions(w, mount);
        if (mount.Type == "volume") WriteVolumeOptions(w, mount);
        if (mount is { Type: "image", Subpath.Length: > 0 })
            WritePairs(w, "ImageOptions", new() { ["Subpath"] = mount.Subpath });
        if (mount is { Type: "tmpfs", TmpfsOptions.Length: > 0 }) WriteTmpfsOptions(w, mount.TmpfsOptions);
        w.WriteEndObject();
    }

    private static void WriteBindOptions(Utf8JsonWriter w, Mount mount)
    {
        if (mount is { Propagation: "rprivate", Recursive: "" }) return;
        w.WriteStartObject("BindOptions");
        // Who asks for readonly has to name this one beside it.
        if (mount.Propagation != "rprivate" || mount.Recursive == "readonly")
            w.WriteString("Propagation", mount.Propagation);
        foreach (var (word, field) in (ReadOnlySpan<(string, string)>)[("disabled", "NonRecursive"),
            ("writable", "ReadOnlyNonRecursive"), ("readonly", "ReadOnlyForceRecursive")])
            if (mount.Recursive == word) w.WriteBoolean(field, true);
        w.WriteEndObject();
    }

    private static void WriteVolumeOptions(Utf8JsonWriter w, Mount mount)
    {
        bool hasDriver = mount.VolumeDriver.Length > 0 || mount.VolumeOptions is not null;
        if (!mount.NoCopy && !hasDriver && mount is { VolumeLabels: null, Subpath: "" }) return;
        w.WriteStartObject("VolumeOptions");
        if (mount.NoCopy) w.WriteBoolean("NoCopy", true);
        if (mount.VolumeLabels is { } labels) WritePairs(w, "Labels", labels);
        if (hasDriver)
        {
            w.WriteStartObject("DriverConfig");
            if (mount.VolumeDriver.Length > 0) w.WriteString("Name", mount.VolumeDriver);
            if (mount.VolumeOptions is { } options) WritePairs(w, "Options", options);
            w.WriteEndObject();
        }
        if (mount.Subpath.Length > 0) w.WriteString("Subpath", mount.Subpath);
        w.WriteEndObject();
    }

    // size=BYTES and mode=OCTAL are all that --mount can say.
    private static void WriteTmpfsOptions(Utf8JsonWriter w, string options)
    {
        w.WriteStartObject("TmpfsOptions");
        foreach (string option in options.Split(','))
            if (option.StartsWith("size=", StringComparison.Ordinal))
                w.WriteNumber("SizeBytes", long.Parse(option.AsSpan(5), CultureInfo.InvariantCulture));
            else if (option.StartsWith("mode=", StringComparison.Ordinal))
                w.WriteNumber("Mode", Convert.ToInt32(option[5..], 8));
        w.WriteEndObject();
    }

    private static void WriteHostNetwork(Utf8JsonWriter w, ContainerConfig c)
    {
        w.WriteString("NetworkMode", c.NetworkMode);
        w.WriteStartObject("PortBindings");
        var ports = c.Ports.Where(port => !(c.PublishAllPorts && c.ExposedPorts.Contains(port)))
            .SelectMany(PortMapping.Parse).GroupBy(port => $"{port.ContainerPort}/{port.ProtocolName}");
        foreach (var group in ports.OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            w.WriteStartArray(group.Key);
            foreach (PortMapping port in group)
            {
                w.WriteStartObject();
                w.WriteString("HostIp", port.HostAddress.Equals(System.Net.IPAddress.Any) ? ""
                    : port.HostAddress.ToString());
                w.WriteString("HostPort", (port.HostPort, port.HostPortEnd) switch
                {
                    (0, _) => "",
                    var (first, last) when last > first => $"{first}-{last}",
                    var (first, _) => $"{first}",
                });
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        w.WriteEndObject();
        w.WriteBoolean("PublishAllPorts", c.PublishAllPorts);
        WriteStrings(w, "Dns", c.Dns);
        WriteStrings(w, "DnsOptions", c.DnsOptions);
        WriteStrings(w, "DnsSearch", c.DnsSearch);
        WriteStringsOrNull(w, "ExtraHosts", [.. c.ExtraHosts.Select(HostsFile.ParseExtra)
            .Select(host => $"{host.Name}:{host.Address}")]);
        WriteStringsOrNull(w, "Links", [.. c.Links.Select(link => $"/{Link.Parse(link).Name}:/{c.Name}/"
            + Link.Parse(link).Alias)]);
    }

    private static void WriteNamespaces(Utf8JsonWriter w, ContainerConfig c)
    {
        w.WriteString("CgroupnsMode", c.CgroupnsMode.Length > 0 ? c.CgroupnsMode : "private");
        w.WriteString("IpcMode", c.IpcMode.Length > 0 ? c.IpcMode : "private");
        w.WriteString("PidMode", c.PidMode);
        w.WriteString("UTSMode", c.UtsMode);
        w.WriteString("UsernsMode", c.UsernsMode);
        w.WriteString("CgroupParent", c.CgroupParent);
    }

    private static void WriteSecurity(Utf8JsonWriter w, ContainerConfig c)
    {
        w.WriteBoolean("Privileged", c.Privileged);
        w.WriteBoolean("ReadonlyRootfs", c.ReadonlyRootfs);
        WriteStringsOrNull(w, "CapAdd", c.CapAdd);
        WriteStringsOrNull(w, "CapDrop", c.CapDrop);
        WriteStringsOrNull(w, "GroupAdd", c.GroupAdd);
        bool open = SecuritySettings.Of(c, SecuritySettings.SystemPaths) == SecuritySettings.Unconfined;
        WriteStringsOrNull(w, "SecurityOpt", [.. c.SecurityOpt
            .Where(option => !option.StartsWith(SecuritySettings.SystemPaths, StringComparison.Ordinal))
            .Select(option => option == $"{SecuritySettings.NoNewPrivileges}=true"
                ? SecuritySettings.NoNewPrivileges : option)]);
        if (c.Privileged)
        {
            w.WriteNull("MaskedPaths");
            w.WriteNull("ReadonlyPaths");
            return;
        }
        WriteStrings(w, "MaskedPaths", open ? [] : [.. ContainerDefaults.AllMaskedPaths()]);
        WriteStrings(w, "ReadonlyPaths", open ? [] : ContainerDefaults.ReadonlyPaths);
    }

    private static void WriteHostDevices(Utf8JsonWriter w, ContainerConfig c)
    {
        w.WriteStartArray("Devices");
        foreach (Device device in c.Devices)
        {
            w.WriteStartObject();
            w.WriteString("PathOnHost", device.PathOnHost);
            w.WriteString("PathInContainer", device.PathInContainer);
            w.WriteString("CgroupPermissions", device.Access);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        WriteStringsOrNull(w, "DeviceCgroupRules", c.DeviceCgroupRules);
        if (c.DeviceRequests.Length == 0)
        {
            w.WriteNull("DeviceRequests");
            return;
        }
        w.WriteStartArray("DeviceRequests");
        foreach (DeviceRequest request in c.DeviceRequests) WriteDeviceRequest(w, request);
        w.WriteEndArray();
    }

    private static void WriteDeviceRequest(Utf8JsonWriter w, DeviceRequest request)
    {
        w.WriteStartObject();
        w.WriteString("Driver", request.Driver);
        w.WriteNumber("Count", request.Count);
        WriteStringsOrNull(w, "DeviceIDs", request.DeviceIds);
        w.WriteStartArray("Capabilities");
        if (request.Capabilities.Length > 0)
        {
            w.WriteStartArray();
            foreach (string capability in request.Capabilities) w.WriteStringValue(capability);
            w.WriteEndArray();
        }
        w.WriteEndArray();
        w.WriteStartObject("Options");
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter w, Resources r)
    {
        bool whole = r.NanoCpus > 0;
        foreach (var (name, value) in (ReadOnlySpan<(string, long)>)[("Memory", r.MemoryMaxBytes),
            ("MemoryReservation", r.MemoryReservationBytes), ("MemorySwap", r.MemorySwapTotalBytes),
            ("NanoCpus", r.NanoCpus), ("CpuQuota", whole ? 0 : r.CpuQuotaUs), ("CpuPeriod", whole ? 0 : r.CpuPeriodUs),
            ("CpuShares", r.CpuShares), ("BlkioWeight", r.BlkioWeight), ("CpuRealtimePeriod", 0),
            ("CpuRealtimeRuntime", 0), ("CpuCount", 0), ("CpuPercent", 0), ("IOMaximumIOps", 0),
            ("IOMaximumBandwidth", 0)])
            w.WriteNumber(name, value);
        w.WriteString("CpusetCpus", r.CpusetCpus);
        w.WriteString("CpusetMems", r.CpusetMems);
        w.WriteNull("MemorySwappiness");
        w.WriteBoolean("OomKillDisable", false);
        if (r.PidsMax > 0) w.WriteNumber("PidsLimit", r.PidsMax);
        else w.WriteNull("PidsLimit");
        WriteRows(w, "BlkioWeightDevice", "Weight", r.BlkioWeightDevices);
        foreach (var (name, key) in s_rates)
            WriteRows(w, name, "Rate", [.. r.IoMax.Where(row => row.Contains($" {key}="))
                .Select(row => row.Replace($"{key}=", ""))]);
    }

    // PATH NUMBER.
    private static void WriteRows(Utf8JsonWriter w, string name, string number, string[] rows)
    {
        w.WriteStartArray(name);
        foreach (string row in rows)
        {
            int space = row.LastIndexOf(' ');
            w.WriteStartObject();
            w.WriteString("Path", row[..space]);
            w.WriteNumber(number, long.Parse(row.AsSpan(space + 1), CultureInfo.InvariantCulture));
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void WriteUlimits(Utf8JsonWriter w, string[] limits)
    {
        w.WriteStartArray("Ulimits");
        foreach (Ulimit limit in limits.Select(Ulimit.Parse).OrderBy(limit => limit.Name, StringComparer.Ordinal))
        {
            w.WriteStartObject();
            w.WriteString("Name", limit.Name);
            w.WriteNumber("Hard", limit.Hard);
            w.WriteNumber("Soft", limit.Soft);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }
}
