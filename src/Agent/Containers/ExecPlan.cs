using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>What an exec may differ in from the container's first process.</summary>
/// <param name="Args">The command.</param>
/// <param name="Env">KEY=VALUE additions.</param>
/// <param name="WorkingDir">Empty is the container's.</param>
/// <param name="User">Empty is the container's.</param>
/// <param name="Tty">stdio is a terminal.</param>
/// <param name="Privileged">All capabilities, no seccomp.</param>
internal sealed record ExecOptions(string[] Args, string[] Env, string WorkingDir, string User, bool Tty,
    bool Privileged);

/// <summary>Runs one more process in the namespaces, cgroup and root of a running container.</summary>
internal static class ExecPlan
{
    private const int EndTimeoutMs = 100;

    private const CloneFlags Joined = CloneFlags.CLONE_NEWNS | CloneFlags.CLONE_NEWNET | CloneFlags.CLONE_NEWUTS
        | CloneFlags.CLONE_NEWIPC | CloneFlags.CLONE_NEWCGROUP;

    /// <summary>Starts it; fd 0, 1 and 2 are <paramref name="stdio"/>.</summary>
    /// <exception cref="UsageException">The container has just ended, or the program cannot be executed.</exception>
    public static LaunchedProcess Start(ContainerConfig config, ExecOptions options, RunningContainer container,
        IReadOnlyList<Fd> stdio)
    {
        try
        {
            return StartInside(config, options, container, stdio);
        }
        // What a process had is gone a moment before it counts as ended.
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH or Errno.EINVAL
            && Files.Poll(container.Process.PidFd.Fd, PollEvents.POLLIN, EndTimeoutMs) != PollEvents.None)
        {
            throw new UsageException($"container {config.Id} is not running");
        }
    }

    private static LaunchedProcess StartInside(ContainerConfig config, ExecOptions options, RunningContainer container,
        IReadOnlyList<Fd> stdio)
    {
        foreach (Fd fd in stdio)
            if (Files.Stat(fd).IsDirectory) throw new UsageException(
                "stdio of exec is a directory, through which the container could reach the host's files", 126);
        PidFd target = container.Process.PidFd;
        using var program = new LaunchProgram { Subject = $"container {config.Name}" };
        if (AppArmorProfile.OfExec(config) is { } profile) program.AppArmorOnExec(profile);
        if (config.ProcessLabel.Length > 0) program.SelinuxOnExec(config.ProcessLabel);
        ProcessPlan plan = Plan(config, options, container.Process.Pid);
        plan.AddLimitsTo(program);
        bool isMapped = config.UidMap.Length > 0;
        program.SetNs(target.Fd, Joined | (isMapped ? CloneFlags.CLONE_NEWUSER : CloneFlags.None));
        if (isMapped) program.BecomeRoot();
        // setns into a mount namespace moves root and working directory to that namespace's root.
        program.SetSid();
        for (int i = 0; i < 3; i++) program.Dup3(stdio[i], i);
        if (options.Tty) program.SetControllingTerminal(0);
        program.CloseRange(3); // At once, as at a start: the working directory must not be found among them.
        plan.AddTo(program);
        return ProcessPlan.Start(program,
            new LaunchOptions
            {
                Cgroup = container.Cgroup?.Directory, PidNamespaceOf = target.Fd,
                PidNamespaceIsOneWay = RootlessMode.IsOn,
            });
    }

    private static ProcessPlan Plan(ContainerConfig config, ExecOptions options, int pid)
    {
        const OpenFlags flags = OpenFlags.O_PATH | OpenFlags.O_DIRECTORY;
        Errno errno = Files.TryOpenAt(Fd.Cwd, $"/proc/{pid}/root", flags, 0, out Fd? root);
        if (errno is Errno.ENOENT or Errno.ESRCH)
            throw new UsageException($"container {config.Id} is not running"); // It has just ended.
        if (errno != Errno.None) throw new LinuxException(errno, "openat", $"/proc/{pid}/root");
        using Fd opened = root!;
        ProcessUser user =
            ImageUsers.Resolve(opened, options.User.Length > 0 ? options.User : config.User, config.GroupAdd);
        bool privileged = options.Privileged || config.Privileged;
        return ProcessPlan.Of(config, user) with
        {
            Args = options.Args,
            DiesWithMonitor = true,
            Env = ProcessPlan.EnvironmentOf(config, user, EnvironmentList.Merge(config.Env, options.Env), options.Tty),
            WorkingDir = options.WorkingDir.Length > 0 ? options.WorkingDir : config.WorkingDir,
            Capabilities = ProcessPlan.CapabilitiesOf(config, privileged),
            Seccomp = ProcessPlan.SeccompOf(config, privileged, ProcessPlan.CapabilitiesOf(config, privileged)),
        };
    }
}
