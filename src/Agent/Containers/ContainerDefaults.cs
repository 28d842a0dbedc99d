using System.Globalization;
using Skiff.Interop;

namespace Skiff.Agent.Containers;

/// <summary>What a container gets that nobody asked for: the lists of Docker 28, as data.</summary>
internal static class ContainerDefaults
{
    /// <summary>PATH when neither image nor user sets one.</summary>
    public const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Covered with nothing: what the kernel shows there is about the host.</summary>
    public static readonly string[] MaskedPaths =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ];

    /// <summary>
    /// <see cref="MaskedPaths"/> and, on processors that count how often they were throttled, these counts.
    /// </summary>
    public static IEnumerable<string> AllMaskedPaths()
    {
        foreach (string path in MaskedPaths) yield return path;
        for (int cpu = 0; ; cpu++)
        {
            string directory = string.Create(CultureInfo.InvariantCulture, $"/sys/devices/system/cpu/cpu{cpu}");
            if (!Files.Exists(directory)) yield break;
            if (Files.Exists(directory + "/thermal_throttle")) yield return directory + "/thermal_throttle";
        }
    }

    /// <summary>Read-only although the rest of /proc is not.</summary>
    public static readonly string[] ReadonlyPaths =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>Device nodes made in every /dev: name, major, minor; all 0666 root:root.</summary>
    public static readonly (string Name, uint Major, uint Minor)[] DeviceNodes =
    [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ];

    /// <summary>Symbolic links made in every /dev: name and target.</summary>
    public static readonly (string Name, string Target)[] DeviceLinks =
    [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
            ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"), ("core", "/proc/kcore"),
    ];


    /// <summary>The size of /dev/shm.</summary>
    public const long ShmSizeBytes = 64 << 20;
}
