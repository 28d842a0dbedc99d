using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>Starts this same binary again as a monitor.</summary>
internal static class MonitorSpawner
{
    /// <summary>The verb that the new process runs; not listed in help.</summary>
    public const string Verb = "monitor";

    /// <summary>The descriptor that carries the control connection in the new process.</summary>
    public const int ControlFd = 3;

    private const string CgroupName = "skiff/monitor";
    private const int CgroupAttempts = 5;

    // Those of this process. When they end they stay as zombies until it asks how, or has ended itself.
    private static readonly List<int> s_started = [];

    /// <summary>Spawns; the process reads its start request from <paramref name="control"/>.</summary>
    public static void Spawn(StateRoots roots, Fd control)
    {
        for (int left = CgroupAttempts; ; left--)
            try
            {
                SpawnOnce(roots, control);
                return;
            }
            catch (LinuxException e) when (left > 1 && e.Errno is (Errno.ENOENT or Errno.ENODEV))
            {
                // `system release` of another state root has removed the group, empty as it was, a moment ago.
            }
    }

    /// <summary>Reaps the monitors of this process that have ended; for one that lives long.</summary>
    public static void ReapEnded()
    {
        lock (s_started) s_started.RemoveAll(PidFd.TryReap);
    }

    private static void SpawnOnce(StateRoots roots, Fd control)
    {
        using Cgroup? cgroup = ContainerCgroup.Tree() is { } tree
            ? Cgroup.Create(tree, CgroupName, CgroupControllers.None) : null;
        using Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR);
        using Fd self = ReadOnlySelf.Open(out _);
        using LaunchedProcess process = Spawn(self, roots, nothing, control, cgroup);
        lock (s_started) s_started.Add(process.Pid);
    }

    private static LaunchedProcess Spawn(Fd self, StateRoots roots, Fd nothing, Fd control, Cgroup? cgroup) =>
        Skiff.Interop.Processes.Spawn.Start(new SpawnRequest
        {
            Program = self,
            Path = "skiff monitor",
            Arguments = [.. Globals(roots), Verb],
            Environment = EnvironmentForMonitor(),
            Descriptors = [nothing, nothing, nothing, control],
            NewSession = true,
            WorkingDirectory = "/",
            Cgroup = cgroup?.Directory,
        });

    private static string[] Globals(StateRoots roots) =>
    [
        "skiff", "--root", roots.Root, "--run-root", roots.RunRoot,
        .. roots.LayerStore is { } store ? ["--snapshotter", store] : Array.Empty<string>(),
        "--preloaded", string.Join(':', roots.Preloaded),
        "--cdi-spec-dirs", string.Join(':', roots.CdiSpecDirectories),
    ];

    // The young generation would otherwise grow to as much as the processor caches before anything is collected
    // (hexadecimal: 384 KiB, a little more than a start takes), and malloc(3) would have an area for each thread.
    private static string[] EnvironmentForMonitor() =>
    [
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DOTNET_GCgen0size=60000",
        "DOTNET_GCGen0MaxBudget=60000", "MALLOC_ARENA_MAX=1",
        .. RootlessMode.IsOn ? [$"{RootlessMode.Variable}={RootlessMode.Directory}"] : Array.Empty<string>(),
    ];
}
