using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Interop.Seccomp;

namespace Skiff.Agent.Oci.Plan;

/// <summary>The steps from a prepared root to execve(2): who a process is, what it may, and what it runs.</summary>
/// <param name="program">The program that gets the steps.</param>
/// <param name="process">The process.</param>
/// <param name="seccomp">Its filter, or null.</param>
internal sealed class IdentityPlan(LaunchProgram program, ProcessSpec process, SeccompFilter? seccomp)
{
    /// <summary>The environment with HOME, which the specification leaves out.</summary>
    public required string[] Environment { get; init; }

    /// <summary>
    /// What is done through the host's /proc, before the container's mounts are there: its own could lie
    /// (CVE-2025-52881).
    /// </summary>
    public static void AddLabel(LaunchProgram program, ProcessSpec process)
    {
        if (process.SelinuxLabel.Length > 0)
        {
            RequireSelinux("process.selinuxLabel", process.SelinuxLabel);
            program.SelinuxOnExec(process.SelinuxLabel);
        }
        if (process.ApparmorProfile.Length == 0) return;
        if (!AppArmor.IsEnabled) throw new UsageException(
            $"process.apparmorProfile is \"{process.ApparmorProfile}\", but AppArmor is not enabled on this host");
        program.AppArmorOnExec(process.ApparmorProfile);
    }

    /// <summary>Refuses a label where nothing would obey it.</summary>
    /// <exception cref="UsageException">The host has no SELinux.</exception>
    public static void RequireSelinux(string field, string label)
    {
        if (!Selinux.IsEnabled)
            throw new UsageException($"{field} is \"{label}\", but SELinux is not enabled on this host");
    }

    /// <summary>The steps up to the point where only execve(2) is left.</summary>
    public void AddTo()
    {
        foreach (Rlimit limit in process.Rlimits) program.Prlimit(limit);
        if (process.IoPriority is { } io) program.IoPriority(io.Class, io.Level);
        if (process.Scheduler is { } policy) program.Schedule(policy);
        // While nothing is in the way of asking; the user and its rights come below, and have the last word.
        EnterWorkingDirectory(OnError.Ignore);
        program.CheckProgram(process.Args[0], Candidates());
        program.Umask(process.Umask);
        CapabilitySets sets = process.Capabilities;
        // Without no_new_privs a filter needs CAP_SYS_ADMIN, which goes away below.
        if (seccomp is not null && !process.NoNewPrivileges) program.Seccomp(seccomp.Bytes, seccomp.Flags);
        program.DropBounding(sets.Bounding);
        program.KeepCapabilities();
        program.SetGroups(process.AdditionalGids);
        program.SetGid(process.Gid);
        program.SetUid(process.Uid);
        program.CapSet(sets.Effective, sets.Permitted, sets.Inheritable);
        program.SetAmbient(sets.Ambient);
        EnterWorkingDirectory(OnError.Fail);
        // The change of ids has taken it away.
        program.DieWithParent();
    }

    /// <summary>The last steps.</summary>
    /// <param name="failures">Where the child writes why it could not execute; null when its parent sees it.</param>
    public void AddExec(StepArgument? failures)
    {
        if (process.NoNewPrivileges)
        {
            program.NoNewPrivs();
            if (seccomp is not null) program.Seccomp(seccomp.Bytes, seccomp.Flags);
        }
        program.ResetSignals();
        program.ExecSearch(process.Args[0], Candidates(), process.Args, Environment, failures);
    }

    // Magic links are refused: through /proc/self/fd a path could lead to a directory of the host (CVE-2024-21626).
    private void EnterWorkingDirectory(OnError onError)
    {
        LaunchStep directory = program.OpenAt2(Fd.Cwd, process.Cwd, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY,
            ResolveFlags.RESOLVE_NO_MAGICLINKS, 0, onError);
        program.Fchdir(directory, process.Cwd, onError);
        program.Close(directory);
    }

    private List<string> Candidates()
    {
        if (process.Args[0].Contains('/')) return [process.Args[0]];
        var candidates = new List<string>();
        foreach (string directory in (PathOf(process.Env) ?? "").Split(':'))
            if (directory.Length > 0) candidates.Add($"{directory}/{process.Args[0]}");
        return candidates.Count > 0 ? candidates : [process.Args[0]];
    }

    private static string? PathOf(string[] env)
    {
        const string name = "PATH=";
        string? path = null;
        foreach (string variable in env)
            if (variable.StartsWith(name, StringComparison.Ordinal)) path = variable[name.Length..];
        return path;
    }
}
