using Skiff.Agent.Cdi;
using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor.Logs;
using Skiff.Agent.Networks;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>info</c>.</summary>
internal sealed class InfoVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("format", "string", "Format output using a custom template: 'json' or 'TEMPLATE'", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "info";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Display system-wide information";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (arguments.Value("format") is { Length: > 0 } format)
        {
            DocumentFormat.Print(format, json => WriteFacts(json, engine));
            return 0;
        }
        List<(ContainerConfig Config, ContainerState State)> containers = engine.List(all: true);
        int running = containers.Count(c => c.State.Status == "running");
        int paused = containers.Count(c => c.State.Status == "paused");
        Output.Line($"Containers: {containers.Count}");
        Output.Line($" Running: {running}\n Paused: {paused}\n Stopped: {containers.Count - running - paused}");
        Output.Line($"Images: {engine.Images.ListForShow().Count}\nServer Version: {VersionVerb.Version}");
        Output.Line($"Storage Driver: {engine.Snapshotter.Name}\nLogging Driver: {LogDriver(engine)}\n{Cgroups()}");
        Output.Line(
            $"Kernel Version: {KernelVersion.Release}\nOSType: linux\nArchitecture: {Uname.Current.Machine}");
        Output.Line($"Security Options: {string.Join(' ', SecurityOptions())}");
        Output.Line($"CPUs: {System.Environment.ProcessorCount}");
        Output.Line($"Root Dir: {engine.Roots.Root}\nRun Root Dir: {engine.Roots.RunRoot}");
        foreach (string place in engine.Roots.Preloaded.Where(Files.Exists)) Output.Line($"Preloaded Dir: {place}");
        ShowDevices(engine.Roots.CdiSpecDirectories);
        if (RootlessMode.IsOn) return 0;
        foreach (SysctlChange change in engine.Networks.SysctlChanges())
            Output.Line($"Changed Sysctl: {change.Name}={change.Now} (was {change.Before})");
        foreach (string warning in engine.Networks.Warnings()) Output.Error($"WARNING: {warning}");
        return 0;
    }

    private static void ShowDevices(IReadOnlyList<string> directories)
    {
        CdiRegistry registry = CdiRegistry.Load(directories);
        if (directories.Count > 0) Output.Line("CDI spec directories:");
        foreach (string directory in directories) Output.Line($"  {directory}");
        if (registry.Devices.Count > 0) Output.Line("Discovered Devices:");
        foreach (string device in registry.Devices) Output.Line($"  cdi: {device}");
        foreach (string problem in registry.Problems) Output.Error($"WARNING: CDI: {problem}");
    }

    private static string LogDriver(Engine engine) =>
        LogDefaults.Load(engine.Roots.LogsFile, engine.DefaultLogDriver).Driver;

    /// <summary>The fields of SystemInfo that have the same facts.</summary>
    public static void WriteFacts(Utf8JsonWriter json, Engine engine)
    {
        List<(ContainerConfig Config, ContainerState State)> containers = engine.List(all: true);
        int running = containers.Count(c => c.State.Status == "running");
        int paused = containers.Count(c => c.State.Status == "paused");
        json.WriteNumber("Containers", containers.Count);
        json.WriteNumber("ContainersRunning", running);
        json.WriteNumber("ContainersPaused", paused);
        json.WriteNumber("ContainersStopped", containers.Count - running - paused);
        json.WriteNumber("Images", engine.Images.ListForShow().Count);
        json.WriteString("ServerVersion", VersionVerb.Version);
        json.WriteString("Driver", engine.Snapshotter.Name);
        json.WriteString("LoggingDriver", LogDriver(engine));
        json.WriteString("CgroupVersion", "2");
        json.WriteString("KernelVersion", KernelVersion.Release);
        json.WriteString("OSType", "linux");
        json.WriteString("Architecture", Uname.Current.Machine);
        json.WriteStartArray("SecurityOptions");
        foreach (string option in SecurityOptions()) json.WriteStringValue($"name={option}");
        json.WriteEndArray();
        json.WriteNumber("NCPU", System.Environment.ProcessorCount);
        json.WriteString("DockerRootDir", engine.Roots.Root);
        json.WriteStartArray("ChangedSysctls");
        foreach (SysctlChange change in RootlessMode.IsOn ? [] : engine.Networks.SysctlChanges())
        {
            json.WriteStartObject();
            json.WriteString("Name", change.Name);
            json.WriteString("Before", change.Before);
            json.WriteString("Value", change.Now);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("Warnings");
        foreach (string warning in RootlessMode.IsOn ? [] : engine.Networks.Warnings()) json.WriteStringValue(warning);
        json.WriteEndArray();
    }

    private static IEnumerable<string> SecurityOptions()
    {
        if (SelinuxLabels.IsOn) yield return "selinux";
        if (RootlessMode.IsOn) yield return "rootless";
        yield return "seccomp,profile=builtin";
        yield return "cgroupns";
    }

    private static string Cgroups()
    {
        if (RootlessMode.IsOn) return ContainerCgroup.Tree() is { } own
            ? $"Cgroup Version: 2\n Tree: {own.Root}\n Controllers: {own.Controllers}"
            : "Cgroup: none (the host has delegated none to this user)";
        if (CgroupHierarchy.TryDetect("/sys/fs/cgroup",
            out string problem) is not { } tree) return $"Cgroup: {problem}";
        string beside = tree.IsMixed ? " (version 1 keeps most controllers: their limits are not enforced)" : "";
        return $"Cgroup Version: 2\n Tree: {tree.Root}{beside}\n Controllers: {tree.Controllers}";
    }
}
