using Skiff.Agent.Cdi;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>info</c>.</summary>
internal sealed class InfoVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "info";

    /// <inheritdoc/>
    public override string Usage => "";

    /// <inheritdoc/>
    public override string Summary => "Display system-wide information";

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        List<(ContainerConfig Config, ContainerState State)> containers = engine.List(all: true);
        int running = containers.Count(c => c.State.Status == "running");
        int paused = containers.Count(c => c.State.Status == "paused");
        Output.Line($"Containers: {containers.Count}");
        Output.Line($" Running: {running}\n Paused: {paused}\n Stopped: {containers.Count - running - paused}");
        Output.Line($"Images: {engine.Images.ListForShow().Count}\nServer Version: {VersionVerb.Version}");
        Output.Line($"Storage Driver: {engine.Snapshotter.Name}\nLogging Driver: local\n{Cgroups()}");
        Output.Line(
            $"Kernel Version: {KernelVersion.Release}\nOSType: linux\nArchitecture: {VersionVerb.Architecture}");
        if (RootlessMode.IsOn) Output.Line("Security Options: rootless");
        Output.Line($"CPUs: {System.Environment.ProcessorCount}");
        Output.Line($"Root Dir: {engine.Roots.Root}\nRun Root Dir: {engine.Roots.RunRoot}");
        foreach (string place in engine.Roots.Preloaded.Where(Files.Exists)) Output.Line($"Preloaded Dir: {place}");
        ShowDevices(engine.Roots.CdiSpecDirectories);
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
