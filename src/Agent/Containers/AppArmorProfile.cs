using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>Which AppArmor profile a container gets, and the one that it gets when nobody asks for another.</summary>
internal static class AppArmorProfile
{
    /// <summary>The engine's own profile; it is loaded when a start finds that the kernel has not got it.</summary>
    public const string Default = "skiff-default";

    private const string Parser = "apparmor_parser", ParserPath = "/usr/sbin:/sbin:/usr/bin:/bin";

    // As strict as docker's: nothing mounts, /proc and /sys are read, but for what belongs to the container, and only
    // its own processes are traced. The kernel's paths are spelled out, so that no other file is needed.
    private const string Text = $$"""
        abi <kernel>,
        profile {{Default}} flags=(attach_disconnected,mediate_deleted) {
          network,
          capability,
          file,
          umount,
          signal (receive) peer=unconfined,
          signal (send, receive) peer={{Default}},
          ptrace (trace, tracedby, read, readby) peer={{Default}},
          deny mount,
          deny /proc/* w,
          deny /proc/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
          deny /proc/sys/[^k]** w,
          deny /proc/sys/kernel/{?,??,[^s][^h][^m]**} w,
          deny /proc/sysrq-trigger rwklx,
          deny /proc/kcore rwklx,
          deny /sys/[^f]*/** wklx,
          deny /sys/f[^s]*/** wklx,
          deny /sys/fs/[^c]*/** wklx,
          deny /sys/fs/c[^g]*/** wklx,
          deny /sys/fs/cg[^r]*/** wklx,
          deny /sys/firmware/** rwklx,
          deny /sys/devices/virtual/powercap/** rwklx,
          deny /sys/kernel/security/** rwklx,
        }

        """;

    /// <summary>The profile to start with; null where the host has no AppArmor, or for none.</summary>
    /// <param name="config">The container.</param>
    /// <param name="warnings">Told why there is none although there should be.</param>
    /// <exception cref="UsageException">The profile that was asked for is not loaded.</exception>
    public static string? Of(ContainerConfig config, List<string> warnings)
    {
        if (Wanted(config) is not { } profile) return null;
        if (AppArmor.IsLoaded(profile) == true) return profile;
        if (profile == Default && TryLoad() is { } problem)
        {
            warnings.Add($"running without AppArmor: {Default} is not loaded: {problem}");
            return null;
        }
        return profile == Default || AppArmor.IsLoaded(profile) is null ? profile
            : throw new UsageException($"AppArmor profile {profile} is not loaded: load it with {Parser}", 125);
    }

    /// <summary>The profile that <see cref="Of"/> starts with, without loading any; empty for none.</summary>
    public static string Shown(ContainerConfig config) =>
        Wanted(config) is { } profile && AppArmor.IsLoaded(profile) is not false ? profile : "";

    /// <summary>The profile of a process that joins the container.</summary>
    public static string? OfExec(ContainerConfig config) => Of(config, []);

    private static string? Wanted(ContainerConfig config)
    {
        string? asked = SecuritySettings.Of(config, SecuritySettings.AppArmor);
        // Profiles are the host's: a rootless user can load none.
        if (asked is null && (config.Privileged || RootlessMode.IsOn)) asked = SecuritySettings.Unconfined;
        return asked == SecuritySettings.Unconfined || !AppArmor.IsEnabled ? null : asked ?? Default;
    }

    // Null, or what stands in the way.
    private static string? TryLoad()
    {
        if (HostProgram.Find(Parser, ParserPath) is not { } parser) return $"{Parser} is not installed";
        // Several starts may do so at once: the profile that is there is replaced by the same one.
        var (status, _) = HostProgram.Run(parser, ["--replace", "--skip-cache"], Encoding.ASCII.GetBytes(Text));
        return status.ShellCode == 0 ? null : $"{parser} failed with exit code {status.ShellCode}";
    }
}
