using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Oci.Spec;

/// <summary>linux.resources as cgroup v2 has it.</summary>
/// <param name="Limits">The limits; what is not asked for stays unset.</param>
/// <param name="Devices">devices, in their order; null when the field is missing.</param>
internal sealed record ResourceSpec(CgroupLimits Limits, DeviceRule[]? Devices)
{
    private const long MostShares = 262144;

    /// <summary>Reads a document that is linux.resources alone.</summary>
    public static ResourceSpec Parse(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException($"{file} is no JSON object");
            SpecFields.CheckResources(document.RootElement);
            return Read(new SpecNode(document.RootElement, "linux.resources"));
        }
        catch (JsonException e)
        {
            throw new UsageException($"{file} is no valid JSON: {e.Message}");
        }
    }

    /// <summary>Reads linux.resources.</summary>
    public static ResourceSpec Read(SpecNode? node)
    {
        if (node is not { } n) return new ResourceSpec(new CgroupLimits(), null);
        CgroupLimits limits = ReadMemory(n.Child("memory"), new CgroupLimits
        {
            PidsMax = n.Child("pids")?.Number("limit") is { } pids and not 0 ? pids : null,
            Files = ReadFiles(n),
        });
        limits = ReadBlockIO(n.Child("blockIO"), ReadCpu(n.Child("cpu"), limits));
        return new ResourceSpec(limits, n.Has("devices") ? n.Items("devices", ReadDevice) : null);
    }

    private static CgroupLimits ReadMemory(SpecNode? memory, CgroupLimits limits)
    {
        if (memory is not { } node) return limits;
        long limit = node.Number("limit", -1) ?? 0, swap = node.Number("swap", -1) ?? 0;
        long reservation = node.Number("reservation", -1) ?? 0;
        // In the specification, as in cgroup v1, swap is memory and swap together.
        if (swap > 0 && limit <= 0) throw node.Wrong("swap", "needs memory.limit beside it");
        if (swap > 0 && swap < limit) throw node.Wrong("swap", $"is {swap}, less than memory.limit, which it includes");
        return limits with
        {
            MemoryMaxBytes = limit != 0 ? limit : null,
            MemorySwapMaxBytes = swap == 0 ? null : swap < 0 ? -1 : swap - limit,
            MemoryLowBytes = reservation != 0 ? reservation : null,
        };
    }

    private static CgroupLimits ReadCpu(SpecNode? cpu, CgroupLimits limits)
    {
        if (cpu is not { } node) return limits;
        long shares = node.Number("shares", 0, MostShares) ?? 0, quota = node.Number("quota", -1) ?? 0;
        long period = node.Number("period", 0) ?? 0;
        return limits with
        {
            CpuWeight = shares > 0 ? DockerLimits.CpuWeight(shares) : null,
            CpuMax = quota == 0 && period == 0 ? null
                : new CpuMax(quota > 0 ? quota : -1, period > 0 ? period : CpuMax.DefaultPeriodUs),
            CpusetCpus = node.Text("cpus") is { Length: > 0 } cpus ? cpus : null,
            CpusetMems = node.Text("mems") is { Length: > 0 } mems ? mems : null,
        };
    }

    private static CgroupLimits ReadBlockIO(SpecNode? io, CgroupLimits limits)
    {
        if (io is not { } node) return limits;
        long weight = node.Number("weight", 0, 1000) ?? 0;
        var rows = new List<IoMax>();
        rows.AddRange(node.Items("throttleReadBpsDevice", n => Row(n) with { ReadBytesPerSecond = Rate(n) }));
        rows.AddRange(node.Items("throttleWriteBpsDevice", n => Row(n) with { WriteBytesPerSecond = Rate(n) }));
        rows.AddRange(node.Items("throttleReadIOPSDevice", n => Row(n) with { ReadOperationsPerSecond = Rate(n) }));
        rows.AddRange(node.Items("throttleWriteIOPSDevice", n => Row(n) with { WriteOperationsPerSecond = Rate(n) }));
        return limits with
        {
            IoWeight = weight > 0 ? DockerLimits.IoWeight((int)weight) : null, IoMax = rows,
            IoDeviceWeights = node.Items("weightDevice", ReadWeight),
        };
    }

    private static (uint Major, uint Minor, int Weight) ReadWeight(SpecNode node) =>
        (node.UInt32("major"), node.UInt32("minor"), DockerLimits.IoWeight((int)(node.Number("weight", 10, 1000)
            ?? throw node.Wrong("weight", "is missing"))));

    private static IoMax Row(SpecNode node) => new(node.UInt32("major"), node.UInt32("minor"));

    private static long Rate(SpecNode node) => node.Number("rate", 0) ?? throw node.Wrong("rate", "is missing");

    // Limits that are written to their files as they are.
    private static List<(string File, string Value)> ReadFiles(SpecNode node)
    {
        var files = new List<(string, string)>();
        if (node.Child("cpu")?.Number("idle", 0, 1) is { } idle) files.Add(("cpu.idle", Text(idle)));
        if (node.Child("cpu")?.Number("burst", 0) is { } burst) files.Add(("cpu.max.burst", Text(burst)));
        foreach (SpecNode pages in node.Items("hugepageLimits", n => n))
            files.Add(($"hugetlb.{FileName(pages, "pageSize", pages.Text("pageSize"))}.max",
                (pages.Unsigned("limit") ?? 0).ToString(CultureInfo.InvariantCulture)));
        foreach (var (name, rdma) in node.Children("rdma"))
            files.Add(("rdma.max",
                $"{name} hca_handle={Most(rdma, "hcaHandles")} hca_object={Most(rdma, "hcaObjects")}"));
        foreach (var (file, value) in node.Pairs("unified")) files.Add((FileName(node, "unified", file), value));
        return files;
    }

    private static string FileName(SpecNode node, string field, string name) =>
        name.Length > 0 && !name.Contains('/') && !name.StartsWith("cgroup.", StringComparison.Ordinal) ? name
            : throw node.Wrong(field, $"has \"{name}\", which is no file of a cgroup's controllers");

    private static string Most(SpecNode node, string field) =>
        node.Number(field, 0) is { } number ? Text(number) : "max";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static DeviceRule ReadDevice(SpecNode node)
    {
        DeviceKind kind = node.Text("type") switch
        {
            "" or "a" => DeviceKind.All,
            "b" => DeviceKind.Block,
            "c" or "u" => DeviceKind.Character,
            var type => throw node.Wrong("type", $"is \"{type}\"; known are a, b and c"),
        };
        string text = node.Text("access");
        DeviceAccess access = DeviceAccess.All;
        if (text.Length > 0 && !DeviceRule.TryParseAccess(text, out access))
            throw node.Wrong("access", $"is \"{text}\"; letters of rwm are wanted");
        return new DeviceRule(node.Flag("allow"), kind, Number("major"), Number("minor"), access);

        // -1 is any, as a missing number is.
        uint? Number(string name) => node.Number(name, -1, uint.MaxValue) is { } number and >= 0 ? (uint)number : null;
    }
}
