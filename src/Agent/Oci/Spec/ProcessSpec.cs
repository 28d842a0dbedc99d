using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Spec;

/// <summary>process: what runs in a container, of config.json or of <c>exec --process</c>.</summary>
internal sealed record ProcessSpec
{
    /// <summary>terminal.</summary>
    public bool Terminal { get; init; }

    /// <summary>consoleSize.height; 0 leaves the kernel's.</summary>
    public ushort ConsoleRows { get; init; }

    /// <summary>consoleSize.width.</summary>
    public ushort ConsoleColumns { get; init; }

    /// <summary>cwd.</summary>
    public required string Cwd { get; init; }

    /// <summary>env.</summary>
    public string[] Env { get; init; } = [];

    /// <summary>args; not empty.</summary>
    public required string[] Args { get; init; }

    /// <summary>user.uid.</summary>
    public uint Uid { get; init; }

    /// <summary>user.gid.</summary>
    public uint Gid { get; init; }

    /// <summary>user.umask.</summary>
    public uint Umask { get; init; } = 0x12; // 022

    /// <summary>user.additionalGids.</summary>
    public uint[] AdditionalGids { get; init; } = [];

    /// <summary>capabilities.</summary>
    public CapabilitySets Capabilities { get; init; }

    /// <summary>rlimits.</summary>
    public Rlimit[] Rlimits { get; init; } = [];

    /// <summary>noNewPrivileges.</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>oomScoreAdj.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>apparmorProfile.</summary>
    public string ApparmorProfile { get; init; } = "";

    /// <summary>selinuxLabel.</summary>
    public string SelinuxLabel { get; init; } = "";

    /// <summary>scheduler.</summary>
    public SchedulingPolicy? Scheduler { get; init; }

    /// <summary>ioPriority: class and level.</summary>
    public (int Class, int Level)? IoPriority { get; init; }

    /// <summary>execCPUAffinity.initial: of a process that joins a container, before it does; CPUs as bits.</summary>
    public ulong[] InitialAffinity { get; init; } = [];

    /// <summary>execCPUAffinity.final: the same, once it has joined.</summary>
    public ulong[] FinalAffinity { get; init; } = [];

    /// <summary>What it asks for and will not get.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Reads a document that is a process alone.</summary>
    public static ProcessSpec Parse(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException($"{file} is no JSON object");
            SpecFields.CheckProcess(document.RootElement);
            return Read(new SpecNode(document.RootElement, "process"));
        }
        catch (JsonException e)
        {
            throw new UsageException($"{file} is no valid JSON: {e.Message}");
        }
    }

    /// <summary>Reads process.</summary>
    public static ProcessSpec Read(SpecNode node)
    {
        string[] args = node.Texts("args");
        if (args.Length == 0 || args[0].Length == 0) throw node.Wrong("args", "is empty");
        string cwd = node.Text("cwd");
        if (!cwd.StartsWith('/')) throw node.Wrong("cwd", $"is \"{cwd}\", an absolute path is wanted");
        var warnings = new List<string>();
        SpecNode? user = node.Child("user"), size = node.Child("consoleSize"), cpus = node.Child("execCPUAffinity");
        return new ProcessSpec
        {
            Terminal = node.Flag("terminal"),
            ConsoleRows = (ushort)(size?.Number("height", 0, ushort.MaxValue) ?? 0),
            ConsoleColumns = (ushort)(size?.Number("width", 0, ushort.MaxValue) ?? 0),
            Cwd = cwd,
            Args = args,
            Env = node.Texts("env"),
            Uid = user?.UInt32("uid") ?? 0,
            Gid = user?.UInt32("gid") ?? 0,
            Umask = (uint)(user?.Number("umask", 0, 0x1FF) ?? 0x12),
            AdditionalGids = user?.Numbers("additionalGids") ?? [],
            Capabilities = CapabilitySets.Read(node, warnings),
            Warnings = warnings,
            Rlimits = node.Items("rlimits", ReadRlimit),
            NoNewPrivileges = node.Flag("noNewPrivileges"),
            OomScoreAdj = (int?)node.Number("oomScoreAdj", -1000, 1000),
            ApparmorProfile = node.Text("apparmorProfile"),
            SelinuxLabel = node.Text("selinuxLabel"),
            Scheduler = SchedulingSpec.ReadScheduler(node),
            IoPriority = SchedulingSpec.ReadIoPriority(node),
            InitialAffinity = cpus is { } c ? SchedulingSpec.ReadSet(c, "initial") : [],
            FinalAffinity = cpus is { } d ? SchedulingSpec.ReadSet(d, "final") : [],
        };
    }

    private static Rlimit ReadRlimit(SpecNode node)
    {
        string type = node.Text("type");
        if (!type.StartsWith("RLIMIT_", StringComparison.Ordinal)
            || !Skiff.Interop.Processes.Rlimits.TryParseName(type, out int resource))
            throw node.Wrong("type", $"is \"{type}\", which is no resource limit");
        if (node.Unsigned("soft") is not { } soft) throw node.Wrong("soft", "is missing");
        if (node.Unsigned("hard") is not { } hard) throw node.Wrong("hard", "is missing");
        return soft <= hard ? new Rlimit(resource, soft, hard)
            : throw node.Wrong("soft", $"is {soft}, above the hard limit {hard}");
    }
}
