using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// <c>--cgroupns</c>, <c>--cgroup-parent</c>, <c>--ipc</c>, <c>--pid</c>, <c>--userns</c> and <c>--uts</c>, and what
/// they exclude.
/// </summary>
internal static class NamespaceFlags
{
    // What --userns is when it is not given: the host's choice.
    private const string Default = "SKIFF_USERNS";
    private const string Joining = ContainerNamespaces.Joining;

    // The sysctls outside net. that belong to a namespace, and so to a container.
    private static readonly string[] s_ipcSysctls =
    [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced",
    ];

    /// <summary>The configuration with the namespaces that the flags ask for.</summary>
    /// <exception cref="UsageException">A mode is unknown, or flags exclude each other.</exception>
    public static ContainerConfig Apply(ContainerConfig config, ParsedArguments a)
    {
        config = config with
        {
            CgroupnsMode = Mode(a, "cgroupns", "CGROUP", "host"),
            CgroupParent = CgroupParent(a.Value("cgroup-parent")),
            IpcMode = Mode(a, "ipc", "IPC", "host", "none", "shareable", Joining),
            PidMode = Mode(a, "pid", "PID", "host", Joining),
            UtsMode = Mode(a, "uts", "UTS", "host"),
            UsernsMode = Userns(a),
        };
        if (config.UsernsMode is not ("" or "host")) CheckUserns(config);
        if (config.Hostname.Length > 0 && config.UtsMode == "host")
            throw new UsageException("conflicting options: hostname and the UTS mode", 125);
        if (config.Domainname.Length > 0 && config.UtsMode == "host")
            throw new UsageException("conflicting options: domainname and the UTS mode", 125);
        foreach (var (name, value) in config.Sysctls) CheckSysctl(config, name, value);
        return config;
    }

    // The private namespace, which is the default, is the empty mode.
    private static string Mode(ParsedArguments a, string flag, string kind, params ReadOnlySpan<string> known)
    {
        string mode = a.Value(flag) ?? "";
        if (mode is "" or "private") return "";
        foreach (string name in known)
            if (name == Joining ? mode.Length > name.Length && ContainerNamespaces.Joins(mode) : mode == name)
                return mode;
        throw new UsageException($"--{flag}: invalid {kind} mode: {mode}", 125);
    }

    private static string Userns(ParsedArguments a)
    {
        string mode = a.Value("userns") ?? Environment.GetEnvironmentVariable(Default) ?? "";
        if (mode is "" or "host" or "remap") return mode;
        if (mode != AutoUserns.Word && !mode.StartsWith(AutoUserns.Word + ":", StringComparison.Ordinal))
            throw new UsageException($"--userns: invalid USER mode: {mode}", 125);
        AutoUserns.Parse(mode);
        return mode;
    }

    // What belongs to the host, or to a container with other ids, is nothing that a user namespace has rights over.
    private static void CheckUserns(ContainerConfig config)
    {
        if (config.Privileged)
            throw new UsageException("privileged mode is incompatible with user namespaces.  You must run the "
                + "container in the host namespace when running privileged mode", 125);
        foreach (var (mode, what) in (ReadOnlySpan<(string, string)>)[(config.NetworkMode, "network"),
            (config.PidMode, "PID"), (config.IpcMode, "IPC"), (config.CgroupnsMode, "cgroup")])
            if (mode == "host" || ContainerNamespaces.Joins(mode))
                throw new UsageException($"cannot share the {(mode == "host" ? "host's" : "container's")} {what} "
                    + "namespace when user namespaces are enabled", 125);
    }

    private static string CgroupParent(string? path)
    {
        if (string.IsNullOrEmpty(path)) return "";
        foreach (string part in path.Split('/'))
            if (part is "." or ".." || part.Length > 255 || part.AsSpan().ContainsAny('\n', '\0'))
                throw new UsageException(
                    $"--cgroup-parent: invalid path: {path}: expected names below the cgroup root, such as /a/b", 125);
        return '/' + path.Trim('/');
    }

    // One that belongs to no namespace would be set for the whole host.
    private static void CheckSysctl(ContainerConfig config, string name, string value)
    {
        if (name.StartsWith("net.", StringComparison.Ordinal))
        {
            if (config.NetworkMode == "host")
                throw new UsageException($"--sysctl: sysctl \"{name}\" not allowed in host network namespace", 125);
        }
        else if (Array.IndexOf(s_ipcSysctls, name) >= 0 || name.StartsWith("fs.mqueue.", StringComparison.Ordinal))
        {
            if (config.IpcMode == "host")
                throw new UsageException($"--sysctl: sysctl \"{name}\" is not allowed in the hosts ipc namespace", 125);
        }
        else if (name != "kernel.domainname" || config.UtsMode == "host")
        {
            throw new UsageException($"--sysctl: sysctl '{name}={value}' is not allowed", 125);
        }
    }
}
