using System.Text;

namespace Skiff.Interop.Processes;

/// <summary>AppArmor as far as a process that starts others needs it (apparmor(7), securityfs).</summary>
public static class AppArmor
{
    private const string Switch = "/sys/module/apparmor/parameters/enabled";
    private const string Profiles = "/sys/kernel/security/apparmor/profiles";

    /// <summary>Whether the kernel confines by AppArmor.</summary>
    public static bool IsEnabled => Files.TryReadAllBytes(Fd.Cwd, Switch, out byte[] text) == Errno.None
        && text.Length > 0 && text[0] == (byte)'Y';

    /// <summary>
    /// Whether the kernel has a profile of that name; null when it does not tell, because securityfs is not mounted.
    /// </summary>
    public static bool? IsLoaded(string profile) =>
        Files.TryReadAllBytes(Fd.Cwd, Profiles, out byte[] list) == Errno.None ? Lists(list, profile) : null;

    /// <summary>Whether the list has a line such as <c>skiff-default (enforce)</c>.</summary>
    internal static bool Lists(ReadOnlySpan<byte> list, string profile)
    {
        byte[] start = Encoding.UTF8.GetBytes(profile + " (");
        foreach (Range line in list.Split((byte)'\n'))
            if (list[line].StartsWith(start)) return true;
        return false;
    }
}
