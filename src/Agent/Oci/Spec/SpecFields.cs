using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Oci.Spec;

/// <summary>
/// Every field of config.json that the specification has: those that this runtime obeys, those that it takes notice of,
/// and those that it refuses. What is in none of the lists is unknown.
/// </summary>
internal static class SpecFields
{
    private const string AnyName = "*";

    // Objects that only other code looks into: seccomp's reader has errors of its own, and names are free in these.
    private static readonly HashSet<string> s_free =
    [
        "annotations", "linux.sysctl", "linux.resources.unified", "linux.resources.rdma", "linux.seccomp",
    ];

    private static readonly HashSet<string> s_known =
    [
        "ociVersion", "annotations", "hostname", "domainname",
        "root", "root.path", "root.readonly",
        "mounts", "mounts.destination", "mounts.type", "mounts.source", "mounts.options",
        "mounts.uidMappings", "mounts.gidMappings",
        .. Mapping("mounts.uidMappings"), .. Mapping("mounts.gidMappings"),
        "hooks", .. Hook("prestart"), .. Hook("createRuntime"), .. Hook("createContainer"), .. Hook("startContainer"),
        .. Hook("poststart"), .. Hook("poststop"),
        "process", "process.terminal", "process.consoleSize", "process.consoleSize.height",
        "process.consoleSize.width", "process.cwd", "process.env", "process.args", "process.user", "process.user.uid",
        "process.user.gid", "process.user.umask", "process.user.additionalGids", "process.capabilities",
        "process.capabilities.bounding", "process.capabilities.effective", "process.capabilities.permitted",
        "process.capabilities.inheritable", "process.capabilities.ambient", "process.rlimits", "process.rlimits.type",
        "process.rlimits.soft", "process.rlimits.hard", "process.noNewPrivileges", "process.oomScoreAdj",
        "process.apparmorProfile", "process.selinuxLabel",
        "process.scheduler", "process.scheduler.policy", "process.scheduler.nice",
        "process.scheduler.priority", "process.scheduler.flags", "process.scheduler.runtime",
        "process.scheduler.deadline", "process.scheduler.period", "process.ioPriority", "process.ioPriority.class",
        "process.ioPriority.priority", "process.execCPUAffinity", "process.execCPUAffinity.initial",
        "process.execCPUAffinity.final",
        "linux", "linux.namespaces", "linux.namespaces.type", "linux.namespaces.path",
        "linux.uidMappings", "linux.gidMappings", .. Mapping("linux.uidMappings"), .. Mapping("linux.gidMappings"),
        "linux.timeOffsets", "linux.timeOffsets.*", "linux.timeOffsets.*.secs", "linux.timeOffsets.*.nanosecs",
        "linux.devices", "linux.devices.path", "linux.devices.type", "linux.devices.major", "linux.devices.minor",
        "linux.devices.fileMode", "linux.devices.uid", "linux.devices.gid",
        "linux.netDevices", "linux.netDevices.*", "linux.netDevices.*.name",
        "linux.cgroupsPath", "linux.mountLabel",
        "linux.rootfsPropagation", "linux.seccomp", "linux.sysctl", "linux.maskedPaths",
        "linux.readonlyPaths", "linux.personality", "linux.personality.domain", "linux.personality.flags",
        "linux.memoryPolicy", "linux.memoryPolicy.mode", "linux.memoryPolicy.nodes", "linux.memoryPolicy.flags",
        "linux.resources", .. Resources("unified", "rdma", "devices", "devices.allow", "devices.type",
            "devices.major", "devices.minor", "devices.access", "pids", "pids.limit", "cpu", "cpu.shares", "cpu.quota",
            "cpu.period", "cpu.burst", "cpu.idle", "cpu.cpus", "cpu.mems", "memory", "memory.limit",
            "memory.reservation", "memory.swap", "memory.checkBeforeUpdate", "blockIO", "blockIO.weight",
            "blockIO.weightDevice", "blockIO.weightDevice.major", "blockIO.weightDevice.minor",
            "blockIO.weightDevice.weight", "hugepageLimits", "hugepageLimits.pageSize", "hugepageLimits.limit"),
        .. Throttle("throttleReadBpsDevice"), .. Throttle("throttleWriteBpsDevice"),
        .. Throttle("throttleReadIOPSDevice"), .. Throttle("throttleWriteIOPSDevice"),
    ];

    // Without effect on Linux, or, with cgroup v2, always as they ask.
    private static readonly HashSet<string> s_ignored =
    [
        "process.commandLine", "process.user.username", "linux.resources.memory.useHierarchy",
        "solaris", "windows", "vm", "zos", "freebsd",
    ];

    private const string OnlyVersion1 = "is of cgroup v1, and this runtime works with cgroup v2 only";

    private static readonly (string Path, string Why)[] s_refused =
    [
        ("linux.intelRdt", "is not supported"),
        ("linux.resources.memory.kernel", OnlyVersion1),
        ("linux.resources.memory.kernelTCP", OnlyVersion1),
        ("linux.resources.memory.swappiness", OnlyVersion1),
        ("linux.resources.memory.disableOOMKiller", OnlyVersion1),
        ("linux.resources.cpu.realtimePeriod", OnlyVersion1),
        ("linux.resources.cpu.realtimeRuntime", OnlyVersion1),
        ("linux.resources.blockIO.leafWeight", OnlyVersion1),
        ("linux.resources.blockIO.weightDevice.leafWeight", OnlyVersion1),
        ("linux.resources.network", OnlyVersion1),
        ("linux.seccomp.listenerPath", "is not supported: seccomp notification is not"),
        ("linux.seccomp.listenerMetadata", "is not supported: seccomp notification is not"),
    ];

    /// <summary>Checks config.json; returns the fields that nobody knows.</summary>
    /// <exception cref="UsageException">A field is refused; the message names it.</exception>
    public static List<string> Check(JsonElement document)
    {
        var unknown = new List<string>();
        CheckObject(document, "", "", unknown);
        return unknown;
    }

    /// <summary>Checks a document that is a process alone.</summary>
    public static void CheckProcess(JsonElement process) => CheckObject(process, "process", "process", []);

    /// <summary>Checks a document that is linux.resources alone.</summary>
    public static void CheckResources(JsonElement resources) =>
        CheckObject(resources, "linux.resources", "linux.resources", []);

    private static void CheckObject(JsonElement element, string path, string shown, List<string> unknown)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string at = Join(path, property.Name), here = Join(shown, property.Name);
            if (!s_known.Contains(at) && s_known.Contains(Join(path, AnyName))) at = Join(path, AnyName);
            Refuse(property.Value, at, here);
            if (s_free.Contains(at)) RefuseWithin(property.Value, at);
            else if (s_known.Contains(at)) CheckValue(property.Value, at, here, unknown);
            else if (!s_ignored.Contains(at) && !IsRefused(at)) unknown.Add(here);
        }
    }

    private static void CheckValue(JsonElement value, string path, string shown, List<string> unknown)
    {
        if (value.ValueKind == JsonValueKind.Object) CheckObject(value, path, shown, unknown);
        if (value.ValueKind != JsonValueKind.Array) return;
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object) CheckObject(item, path, $"{shown}[{i}]", unknown);
            i++;
        }
    }

    private static void RefuseWithin(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) return;
        foreach (JsonProperty property in value.EnumerateObject())
            Refuse(property.Value, Join(path, property.Name), Join(path, property.Name));
    }

    private static bool IsRefused(string path) => Array.Exists(s_refused, row => row.Path == path);

    // Engines write many fields with the value that stands for nothing.
    private static void Refuse(JsonElement value, string path, string shown)
    {
        if (IsNothing(value)) return;
        foreach (var (refused, why) in s_refused)
            if (refused == path) throw new UsageException($"{shown} {why}");
    }

    private static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Number => value.TryGetInt64(out long number) && number == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(p => !IsNothing(p.Value)),
        _ => false,
    };

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string[] Mapping(string path) => [$"{path}.containerID", $"{path}.hostID", $"{path}.size"];

    private static string[] Hook(string kind) =>
    [
        $"hooks.{kind}", $"hooks.{kind}.path", $"hooks.{kind}.args", $"hooks.{kind}.env", $"hooks.{kind}.timeout",
    ];

    private static string[] Throttle(string name) =>
        Resources($"blockIO.{name}", $"blockIO.{name}.major", $"blockIO.{name}.minor", $"blockIO.{name}.rate");

    private static string[] Resources(params string[] names) => Array.ConvertAll(names, n => "linux.resources." + n);
}
