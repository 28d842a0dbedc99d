using Skiff.Agent.Containers;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Tests.Containers;

/// <summary>What every container gets, beside Docker's published lists (moby 28.5, daemon/pkg/oci).</summary>
public class ContainerDefaultsTests
{
    [Fact]
    public void Capabilities_are_Dockers() => Assert.Equal(
        "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP "
        + "SETUID SYS_CHROOT",
        string.Join(' ', Capabilities.Default.ToNames().Select(name => name["CAP_".Length..]).Order()));

    [Fact]
    public void Masked_and_read_only_paths_are_Dockers()
    {
        Assert.Equal(
            "/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug "
            + "/proc/scsi /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware",
            string.Join(' ', ContainerDefaults.MaskedPaths.Order()));
        Assert.Equal("/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger",
            string.Join(' ', ContainerDefaults.ReadonlyPaths.Order()));
    }

    [Fact]
    public void Counts_of_throttling_are_masked_where_the_processor_has_them() => Assert.Equal(
        Directory.GetDirectories("/sys/devices/system/cpu", "cpu?*")
            .Select(cpu => cpu + "/thermal_throttle").Where(Directory.Exists).Order(),
        ContainerDefaults.AllMaskedPaths().Where(path => path.EndsWith("/thermal_throttle")).Order());
}
