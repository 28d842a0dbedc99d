using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Plan;

/// <summary>
/// The steps that set linux.sysctl, through the host's /proc before pivot_root(2): the container's could be anything
/// (CVE-2025-52881). Only those of a namespace that the container has apart from the host are taken.
/// </summary>
internal static class SysctlPlan
{
    private static readonly HashSet<string> s_ipc =
    [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced",
    ];

    /// <summary>Checks all names.</summary>
    /// <exception cref="UsageException">One would change the host.</exception>
    public static void Check(LinuxSpec linux)
    {
        foreach (string name in linux.Sysctl.Keys)
        {
            string dotted = name.Replace('/', '.');
            if (dotted.Split('.').Contains("")) throw Wrong(name, "is no name of a sysctl");
            CloneFlags kind = NamespaceOf(dotted);
            if (kind == CloneFlags.None) throw Wrong(name, "is not in a namespace: it would change the host");
            if (!linux.Namespaces.IsOther(kind))
                throw Wrong(name, "is not in a separate kernel namespace: the container shares it with the host");
        }
    }

    /// <summary>Adds the steps.</summary>
    public static void AddTo(LaunchProgram program, LinuxSpec linux)
    {
        foreach (var (name, value) in linux.Sysctl)
            program.WriteFile(Fd.Cwd, "/proc/sys/" + FileName(name), value);
    }

    // sysctl(8): whichever of dot and slash comes first separates; then the other one is part of a name.
    private static string FileName(string name)
    {
        int first = name.AsSpan().IndexOfAny('.', '/');
        if (first < 0 || name[first] == '/') return name;
        return string.Create(name.Length, name, static (text, from) =>
        {
            for (int i = 0; i < text.Length; i++)
                text[i] = from[i] switch { '.' => '/', '/' => '.', var c => c };
        });
    }

    private static CloneFlags NamespaceOf(string name)
    {
        if (s_ipc.Contains(name) || name.StartsWith("fs.mqueue.", StringComparison.Ordinal))
            return CloneFlags.CLONE_NEWIPC;
        if (name.StartsWith("net.", StringComparison.Ordinal)) return CloneFlags.CLONE_NEWNET;
        return name is "kernel.domainname" ? CloneFlags.CLONE_NEWUTS : CloneFlags.None;
    }

    private static UsageException Wrong(string name, string problem) =>
        new($"config.json: linux.sysctl: \"{name}\" {problem}");
}
