using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Interop.Seccomp;

namespace Skiff.Agent.Containers;

/// <summary>
/// Identity, limits and program of a process inside a container; the common end of a start and of an exec.
/// </summary>
internal sealed record ProcessPlan
{
    private const int PR_SET_PDEATHSIG = 1;
    /// <summary>The number that an init has in the child: all others above stdio are closed by then.</summary>
    public const int InitNumber = 3;

    private const string InitName = "/sbin/docker-init";

    /// <summary>Whom it runs as.</summary>
    public required ProcessUser User { get; init; }

    /// <summary>Command and arguments.</summary>
    public required string[] Args { get; init; }

    /// <summary>KEY=VALUE, complete.</summary>
    public required List<string> Env { get; init; }

    /// <summary>Absolute path inside.</summary>
    public required string WorkingDir { get; init; }

    /// <summary>Bounding set; also effective and permitted for root.</summary>
    public required CapabilitySet Capabilities { get; init; }

    /// <summary>no_new_privs.</summary>
    public required bool NoNewPrivileges { get; init; }

    /// <summary>The seccomp filter, or null for none.</summary>
    public required SeccompFilter? Seccomp { get; init; }

    /// <summary>Resource limits.</summary>
    public required Rlimit[] Rlimits { get; init; }

    /// <summary>Whether it ends with its monitor, which alone knows of it.</summary>
    public bool DiesWithMonitor { get; init; }

    /// <summary>A program that starts <see cref="Args"/> and looks after it; null when they are the first process.
    /// </summary>
    public Fd? Init { get; init; }

    /// <summary>The plan of the container's first process.</summary>
    public static ProcessPlan Of(ContainerConfig config, ProcessUser user)
    {
        CapabilitySet capabilities = CapabilitiesOf(config, config.Privileged);
        return new ProcessPlan
        {
            User = user,
            Args = config.Args,
            Env = EnvironmentOf(config, user, config.Env, config.Tty),
            WorkingDir = config.WorkingDir,
            Capabilities = capabilities,
            NoNewPrivileges = SecuritySettings.Of(config, SecuritySettings.NoNewPrivileges) == "true",
            Seccomp = SeccompOf(config, config.Privileged, capabilities),
            Rlimits = RlimitsOf(config),
        };
    }

    /// <summary>The limits that the container was given.</summary>
    public static Rlimit[] RlimitsOf(ContainerConfig config) => Array.ConvertAll(config.Ulimits, ParseRlimit);

    /// <summary>What Docker puts into every environment, unless the image or the user did.</summary>
    public static List<string> EnvironmentOf(ContainerConfig config, ProcessUser user, IEnumerable<string> asked,
        bool tty)
    {
        var environment = new List<string> { $"PATH={ContainerDefaults.Path}", $"HOSTNAME={config.Hostname}" };
        if (tty) environment.Add("TERM=xterm");
        environment = EnvironmentList.Merge(environment, asked);
        if (EnvironmentList.Get(environment, "HOME") is null) environment.Add($"HOME={user.Home}");
        return environment;
    }

    /// <summary>Default capabilities with the container's additions and removals.</summary>
    public static CapabilitySet CapabilitiesOf(ContainerConfig config, bool privileged)
    {
        // What the engine itself may not do, it cannot give away: capset(2) would refuse the whole set.
        CapabilitySet own = Skiff.Interop.Processes.Capabilities.Current().Permitted;
        if (privileged) return Skiff.Interop.Processes.Capabilities.All & own;
        bool known = Skiff.Interop.Processes.Capabilities.TryCompose(
            config.CapAdd, config.CapDrop, out CapabilitySet set, out string? unknown);
        return known ? set & own
            : throw new UsageException($"invalid capability: unknown capability: \"{unknown}\"", 125);
    }

    /// <summary>The container's seccomp filter for these capabilities.</summary>
    public static SeccompFilter? SeccompOf(ContainerConfig config, bool privileged, CapabilitySet capabilities)
    {
        string? profile = SecuritySettings.Of(config, SecuritySettings.Seccomp);
        if (profile == SecuritySettings.Unconfined || (profile is null && privileged)) return null;
        SeccompTarget target = SeccompTarget.ForHost(capabilities.Bits);
        return profile is null or SecuritySettings.Builtin ? DefaultProfile.Compile(target)
            : SeccompProfile.Parse(System.Text.Encoding.UTF8.GetBytes(profile)).Compile(target);
    }

    /// <summary>Adds the steps of the resource limits, which a user namespace may not raise.</summary>
    public void AddLimitsTo(LaunchProgram program)
    {
        foreach (Rlimit limit in Rlimits) program.Prlimit(limit);
    }

    /// <summary>Adds the steps from the filter to execve.</summary>
    public void AddTo(LaunchProgram program)
    {
        // Without no_new_privs the filter needs CAP_SYS_ADMIN, which goes away below; the filter must then allow what
        // follows, as runc's must.
        if (Seccomp is { } filter && !NoNewPrivileges) program.Seccomp(filter.Bytes, filter.Flags);
        program.DropBounding(Capabilities);
        // With one group alone in the namespace, no others can be had, nor the user's be given up.
        if (!RootlessMode.IsOn || RootlessMode.LastGroup > 0) program.SetGroups(User.SupplementaryGroups);
        program.SetGid(User.Gid);
        program.Chdir(WorkingDir);
        if (User.Uid == 0) program.CapSet(Capabilities, Capabilities, default);
        else program.SetUid(User.Uid);
        // After the change of ids, which takes the setting away.
        if (DiesWithMonitor) program.Prctl(PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG", Signals.SIGKILL);
        if (NoNewPrivileges)
        {
            program.NoNewPrivs();
            if (Seccomp is { } last) program.Seccomp(last.Bytes, last.Flags);
        }
        // A first process loses what it neither handles nor blocks: ours unblocks them for its child alone.
        program.ResetSignals(keepBlocked: Init is not null);
        if (Init is not null) program.ExecFd(InitNumber, "the container's init", [InitName, "--", .. Args], Env);
        else program.ExecSearch(Args[0], Candidates(), Args, Env);
    }

    /// <summary>The same with an init of the container's as its first process; the caller closes it.</summary>
    public ProcessPlan WithInit() => this with
    {
        Init = ContainerInit.Create(Candidates(), $"init: {Args[0]} cannot be executed: it is not there, not "
            + "executable, or its interpreter is missing\n"),
    };

    /// <summary>
    /// Starts a finished program and turns a failed exec into Docker's exit codes: 127 not found, 126 not executable.
    /// </summary>
    public static LaunchedProcess Start(LaunchProgram program, LaunchOptions options)
    {
        try
        {
            return Launcher.Start(program, options);
        }
        catch (LaunchException e) when (e.IsExec)
        {
            throw new UsageException(e.Message, e.ExitCode);
        }
    }

    private static Rlimit ParseRlimit(string text) => Skiff.Interop.Processes.Rlimits.TryParse(text, out Rlimit limit)
        ? limit
        : throw new UsageException($"invalid argument \"{text}\" for \"--ulimit\" flag: expected NAME=SOFT[:HARD]",
        125);

    private List<string> Candidates()
    {
        if (Args[0].Contains('/')) return [Args[0]];
        var candidates = new List<string>();
        foreach (string directory in (EnvironmentList.Get(Env, "PATH") ?? "").Split(':'))
            if (directory.StartsWith('/'))
                candidates.Add($"{directory}/{Args[0]}");
        return candidates.Count > 0 ? candidates : [Args[0]];
    }
}
