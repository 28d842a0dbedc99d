using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// <c>--cgroupns</c>, <c>--cgroup-parent</c>, <c>--ipc</c>, <c>--pid</c> and <c>--uts</c>, and what they exclude.
/// </summary>
internal static class NamespaceFlags
{
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
        };
        if (config.Hostname.Length > 0)
        {
            if (config.UtsMode == "host") throw Conflict("hostname and the UTS mode");
            if (ContainerNamespaces.Joins(config.NetworkMode)) throw Conflict("hostname and the network mode");
        }
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
                throw new UsageException($"sysctl \"{name}\" not allowed in host network namespace", 125);
        }
        else if (Array.IndexOf(s_ipcSysctls, name) >= 0 || name.StartsWith("fs.mqueue.", StringComparison.Ordinal))
        {
            if (config.IpcMode == "host")
                throw new UsageException($"sysctl \"{name}\" is not allowed in the hosts ipc namespace", 125);
        }
        else if (name != "kernel.domainname" || config.UtsMode == "host")
        {
            throw new UsageException($"sysctl '{name}={value}' is not allowed", 125);
        }
    }

    private static UsageException Conflict(string what) => new($"conflicting options: {what}", 125);
}
