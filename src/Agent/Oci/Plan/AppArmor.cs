using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Oci.Plan;

/// <summary>Whether the host confines by AppArmor.</summary>
internal static class AppArmor
{
    private const string Parameter = "/sys/module/apparmor/parameters/enabled";
    private const string OwnFile = "/proc/self/attr/apparmor/exec", SharedFile = "/proc/self/attr/exec";

    /// <summary>Whether it does.</summary>
    public static bool IsEnabled =>
        Files.TryReadAllText(Fd.Cwd, Parameter, out string text) == Errno.None && text.StartsWith('Y');

    /// <summary>Where a process says under which profile its next program runs.</summary>
    public static string ExecFile => Files.Exists(OwnFile) ? OwnFile : SharedFile;

    /// <summary>Refuses a profile where nothing would enforce it.</summary>
    public static void Check(string profile)
    {
        if (!IsEnabled) throw new UsageException(
            $"process.apparmorProfile is \"{profile}\", but AppArmor is not enabled on this host");
    }
}
