using System.Text.Json;
using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Containers;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>The JSON of a container's record, one line a field.</summary>
internal static class ConfigFormat
{
    /// <summary>As bytes.</summary>
    public static byte[] Write(ContainerConfig config) => ToBytes(w =>
    {
        WriteProcess(w, config);
        WriteHost(w, config);
    });

    /// <summary>From bytes; absent fields are empty.</summary>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static ContainerConfig Read(ReadOnlyMemory<byte> json)
    {
        JsonElement e = JsonFields.Parse(json.Span);
        return WithNamespaces(e, new ContainerConfig
        {
            Id = Text(e, "Id"),
            Name = Text(e, "Name"),
            Created = Time(e, "Created"),
            Image = Text(e, "Image"),
            ImageId = Text(e, "ImageId"),
            DiffIds = Texts(e, "DiffIds"),
            Args = Texts(e, "Args"),
            Env = Texts(e, "Env"),
            WorkingDir = Text(e, "WorkingDir"),
            User = Text(e, "User"),
            GroupAdd = Texts(e, "GroupAdd"),
            Hostname = Text(e, "Hostname"),
            Domainname = Text(e, "Domainname"),
            Tty = Flag(e, "Tty"),
            ConsoleRows = (int)Number(e, "ConsoleRows"),
            ConsoleColumns = (int)Number(e, "ConsoleColumns"),
            OpenStdin = Flag(e, "OpenStdin"),
            StdinOnce = Flag(e, "StdinOnce"),
            Attached = Texts(e, "Attached"),
            Labels = Pairs(e, "Labels"),
            Annotations = Pairs(e, "Annotations"),
            Init = Flag(e, "Init"),
            PublishAllPorts = Flag(e, "PublishAllPorts"),
            Links = Texts(e, "Links"),
            VolumesFrom = Texts(e, "VolumesFrom"),
            StorageSizeBytes = Number(e, "StorageSizeBytes"),
            AutoRemove = Flag(e, "AutoRemove"),
            Restart = RestartPolicy.Parse(Text(e, "Restart")),
            Healthcheck = HealthFormat.ReadCheck(e),
            Shell = Texts(e, "Shell"),
            HealthOnFailure = TextOrNull(e, "HealthOnFailure") ?? "none",
            DependsOn = Texts(e, "DependsOn"),
            ReadonlyRootfs = Flag(e, "ReadonlyRootfs"),
            Privileged = Flag(e, "Privileged"),
            CapAdd = Texts(e, "CapAdd"),
            CapDrop = Texts(e, "CapDrop"),
            SecurityOpt = Texts(e, "SecurityOpt"),
            Mounts = List(e, "Mounts", MountFormat.Read),
            Devices = List(e, "Devices", ReadDevice),
            DeviceRequests = List(e, "DeviceRequests", ReadDeviceRequest),
            DeviceCgroupRules = Texts(e, "DeviceCgroupRules"),
            Resources = ReadResources(e),
            Ulimits = Texts(e, "Ulimits"),
            Sysctls = Pairs(e, "Sysctls"),
            ShmSizeBytes = Number(e, "ShmSizeBytes"),
            OomScoreAdj = e.TryGetProperty("OomScoreAdj", out JsonElement score) ? score.GetInt32() : null,
            NetworkMode = Text(e, "NetworkMode"),
            Ports = Texts(e, "Ports"),
            Networks = e.TryGetProperty("Networks", out _) ? List(e, "Networks", EndpointSettings.Read) : null,
            ExposedPorts = Texts(e, "ExposedPorts"),
            Dns = Texts(e, "Dns"),
            DnsSearch = Texts(e, "DnsSearch"),
            DnsOptions = Texts(e, "DnsOptions"),
            ExtraHosts = Texts(e, "ExtraHosts"),
            LogDriver = Text(e, "LogDriver"),
            LogOptions = Pairs(e, "LogOptions"),
            StopSignal = Text(e, "StopSignal"),
            StopTimeoutSeconds = (int)Number(e, "StopTimeoutSeconds"),
            Entrypoint = Texts(e, "Entrypoint"),
            Cmd = Texts(e, "Cmd"),
        });
    }

    private static ContainerConfig WithNamespaces(JsonElement e, ContainerConfig config) => config with
    {
        PidMode = Text(e, "PidMode"),
        IpcMode = Text(e, "IpcMode"),
        UtsMode = Text(e, "UtsMode"),
        CgroupnsMode = Text(e, "CgroupnsMode"),
        CgroupParent = Text(e, "CgroupParent"),
        UsernsMode = Text(e, "UsernsMode"),
        UidMap = Text(e, "UidMap"),
        GidMap = Text(e, "GidMap"),
        ProcessLabel = Text(e, "ProcessLabel"),
        MountLabel = Text(e, "MountLabel"),
    };

    private static void WriteProcess(JsonText w, ContainerConfig c)
    {
        JsonFields.Write(w, "Id", c.Id);
        JsonFields.Write(w, "Name", c.Name);
        JsonFields.Write(w, "Created", c.Created);
        JsonFields.Write(w, "Image", c.Image);
        JsonFields.Write(w, "ImageId", c.ImageId);
        JsonFields.Write(w, "DiffIds", c.DiffIds);
        JsonFields.Write(w, "Args", c.Args);
        JsonFields.Write(w, "Env", c.Env);
        JsonFields.Write(w, "WorkingDir", c.WorkingDir);
        JsonFields.Write(w, "User", c.User);
        JsonFields.Write(w, "GroupAdd", c.GroupAdd);
        JsonFields.Write(w, "Hostname", c.Hostname);
        JsonFields.Write(w, "Domainname", c.Domainname);
        JsonFields.Write(w, "Tty", c.Tty);
        JsonFields.Write(w, "ConsoleRows", c.ConsoleRows);
        JsonFields.Write(w, "ConsoleColumns", c.ConsoleColumns);
        JsonFields.Write(w, "OpenStdin", c.OpenStdin);
        JsonFields.Write(w, "StdinOnce", c.StdinOnce);
        JsonFields.Write(w, "Attached", c.Attached);
        JsonFields.Write(w, "Labels", c.Labels);
        JsonFields.Write(w, "Annotations", c.Annotations);
        JsonFields.Write(w, "Init", c.Init);
        JsonFields.Write(w, "PublishAllPorts", c.PublishAllPorts);
        JsonFields.Write(w, "Links", c.Links);
        JsonFields.Write(w, "VolumesFrom", c.VolumesFrom);
        JsonFields.Write(w, "StorageSizeBytes", c.StorageSizeBytes);
        JsonFields.Write(w, "AutoRemove", c.AutoRemove);
        if (c.Restart != RestartPolicy.No) w.WriteString("Restart", c.Restart.ToString());
        HealthFormat.WriteCheck(w, c.Healthcheck);
        JsonFields.Write(w, "Shell", c.Shell);
        if (c.HealthOnFailure != "none") w.WriteString("HealthOnFailure", c.HealthOnFailure);
        JsonFields.Write(w, "DependsOn", c.DependsOn);
        JsonFields.Write(w, "ReadonlyRootfs", c.ReadonlyRootfs);
        JsonFields.Write(w, "Privileged", c.Privileged);
        JsonFields.Write(w, "CapAdd", c.CapAdd);
        JsonFields.Write(w, "CapDrop", c.CapDrop);
        JsonFields.Write(w, "SecurityOpt", c.SecurityOpt);
        MountFormat.Write(w, c.Mounts);
    }

    private static void WriteHost(JsonText w, ContainerConfig c)
    {
        WriteDevices(w, c.Devices);
        WriteDeviceRequests(w, c.DeviceRequests);
        JsonFields.Write(w, "DeviceCgroupRules", c.DeviceCgroupRules);
        WriteResources(w, c.Resources);
        JsonFields.Write(w, "Ulimits", c.Ulimits);
        JsonFields.Write(w, "Sysctls", c.Sysctls);
        JsonFields.Write(w, "ShmSizeBytes", c.ShmSizeBytes);
        if (c.OomScoreAdj is { } score) w.WriteNumber("OomScoreAdj", score);
        JsonFields.Write(w, "NetworkMode", c.NetworkMode);
        JsonFields.Write(w, "Ports", c.Ports);
        WriteNetworks(w, c.Networks);
        JsonFields.Write(w, "ExposedPorts", c.ExposedPorts);
        JsonFields.Write(w, "Dns", c.Dns);
        JsonFields.Write(w, "DnsSearch", c.DnsSearch);
        JsonFields.Write(w, "DnsOptions", c.DnsOptions);
        JsonFields.Write(w, "ExtraHosts", c.ExtraHosts);
        JsonFields.Write(w, "PidMode", c.PidMode);
        JsonFields.Write(w, "IpcMode", c.IpcMode);
        JsonFields.Write(w, "UtsMode", c.UtsMode);
        JsonFields.Write(w, "LogDriver", c.LogDriver);
        JsonFields.Write(w, "LogOptions", c.LogOptions);
        JsonFields.Write(w, "CgroupnsMode", c.CgroupnsMode);
        JsonFields.Write(w, "CgroupParent", c.CgroupParent);
        JsonFields.Write(w, "UsernsMode", c.UsernsMode);
        JsonFields.Write(w, "UidMap", c.UidMap);
        JsonFields.Write(w, "GidMap", c.GidMap);
        JsonFields.Write(w, "ProcessLabel", c.ProcessLabel);
        JsonFields.Write(w, "MountLabel", c.MountLabel);
        JsonFields.Write(w, "StopSignal", c.StopSignal);
        JsonFields.Write(w, "StopTimeoutSeconds", c.StopTimeoutSeconds);
        JsonFields.Write(w, "Entrypoint", c.Entrypoint);
        JsonFields.Write(w, "Cmd", c.Cmd);
    }

    private static void WriteNetworks(JsonText w, EndpointSettings[]? networks)
    {
        if (networks is null) return;
        w.WriteStartArray("Networks");
        foreach (EndpointSettings network in networks) network.WriteTo(w);
        w.WriteEndArray();
    }

    private static void WriteDevices(JsonText w, Device[] devices)
    {
        w.WriteStartArray("Devices");
        foreach (Device device in devices)
        {
            w.WriteStartObject();
            JsonFields.Write(w, "PathOnHost", device.PathOnHost);
            JsonFields.Write(w, "PathInContainer", device.PathInContainer);
            JsonFields.Write(w, "Access", device.Access);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static Device ReadDevice(JsonElement e) =>
        new(Text(e, "PathOnHost"), Text(e, "PathInContainer"), Text(e, "Access"));

    private static void WriteDeviceRequests(JsonText w, DeviceRequest[] requests)
    {
        if (requests.Length == 0) return;
        w.WriteStartArray("DeviceRequests");
        foreach (DeviceRequest request in requests)
        {
            w.WriteStartObject();
            JsonFields.Write(w, "Driver", request.Driver);
            JsonFields.Write(w, "Count", request.Count);
            JsonFields.Write(w, "DeviceIDs", request.DeviceIds);
            JsonFields.Write(w, "Capabilities", request.Capabilities);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static DeviceRequest ReadDeviceRequest(JsonElement e) => new()
    {
        Driver = Text(e, "Driver"),
        Count = (int)Number(e, "Count"),
        DeviceIds = Texts(e, "DeviceIDs"),
        Capabilities = Texts(e, "Capabilities"),
    };

    private static void WriteResources(JsonText w, Resources r)
    {
        w.WriteStartObject("Resources");
        JsonFields.Write(w, "MemoryMaxBytes", r.MemoryMaxBytes);
        JsonFields.Write(w, "MemoryReservationBytes", r.MemoryReservationBytes);
        JsonFields.Write(w, "MemorySwapTotalBytes", r.MemorySwapTotalBytes);
        JsonFields.Write(w, "NanoCpus", r.NanoCpus);
        JsonFields.Write(w, "CpuQuotaUs", r.CpuQuotaUs);
        JsonFields.Write(w, "CpuPeriodUs", r.CpuPeriodUs);
        JsonFields.Write(w, "CpuShares", r.CpuShares);
        JsonFields.Write(w, "CpusetCpus", r.CpusetCpus);
        JsonFields.Write(w, "CpusetMems", r.CpusetMems);
        JsonFields.Write(w, "PidsMax", r.PidsMax);
        JsonFields.Write(w, "BlkioWeight", r.BlkioWeight);
        JsonFields.Write(w, "BlkioWeightDevices", r.BlkioWeightDevices);
        JsonFields.Write(w, "IoMax", r.IoMax);
        w.WriteEndObject();
    }

    private static Resources ReadResources(JsonElement parent)
    {
        if (!parent.TryGetProperty("Resources", out JsonElement e)) return new Resources();
        return new Resources
        {
            MemoryMaxBytes = Number(e, "MemoryMaxBytes"),
            MemoryReservationBytes = Number(e, "MemoryReservationBytes"),
            MemorySwapTotalBytes = Number(e, "MemorySwapTotalBytes"),
            NanoCpus = Number(e, "NanoCpus"),
            CpuQuotaUs = Number(e, "CpuQuotaUs"),
            CpuPeriodUs = Number(e, "CpuPeriodUs"),
            CpuShares = Number(e, "CpuShares"),
            CpusetCpus = Text(e, "CpusetCpus"),
            CpusetMems = Text(e, "CpusetMems"),
            PidsMax = Number(e, "PidsMax"),
            BlkioWeight = (int)Number(e, "BlkioWeight"),
            BlkioWeightDevices = Texts(e, "BlkioWeightDevices"),
            IoMax = Texts(e, "IoMax"),
        };
    }
}
