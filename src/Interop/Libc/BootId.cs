namespace Skiff.Interop;

/// <summary>What tells one boot of the host from another.</summary>
public static class BootId
{
    /// <summary>The kernel's random UUID for this boot, as random(4) has it.</summary>
    public static string Read() => Files.ReadAllText("/proc/sys/kernel/random/boot_id").TrimEnd();
}
