using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
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
        int running = containers.Count(c => c.State.Status == "running"), paused = containers.Count(c => c.State.Status == "paused");
        CgroupHierarchy? cgroups = CgroupHierarchy.TryDetect("/sys/fs/cgroup", out string problem);
        Output.Line($"Containers: {containers.Count}\n Running: {running}\n Paused: {paused}\n Stopped: {containers.Count - running - paused}");
        Output.Line($"Images: {engine.Images.List().Count}\nSkiff Version: {VersionVerb.Version}\nStorage Driver: {engine.Snapshotter.Name}");
        Output.Line(cgroups is null ? $"Cgroup: {problem}" : $"Cgroup Version: 2\n Tree: {cgroups.Root}{(cgroups.IsMixed ? " (beside version 1, which keeps the controllers: limits are not enforced)" : "")}\n Controllers: {cgroups.Controllers}");
        Output.Line($"Kernel Version: {KernelVersion.Release}\nArchitecture: {VersionVerb.Architecture}\nCPUs: {System.Environment.ProcessorCount}");
        Output.Line($"Root Dir: {engine.Roots.Root}\nRun Root Dir: {engine.Roots.RunRoot}");
        return 0;
    }
}
