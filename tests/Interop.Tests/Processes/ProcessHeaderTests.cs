using System.Reflection;
using System.Runtime.InteropServices;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

/// <summary>Constants and structs of process calls against the kernel's headers of both architectures.</summary>
public class ProcessHeaderTests
{
    private static readonly string[] s_kernel =
    [
        "linux/sched.h", "linux/mount.h", "linux/prctl.h", "linux/capability.h", "linux/close_range.h", "linux/fcntl.h",
        "linux/wait.h", "linux/seccomp.h", "linux/elf.h", "asm/ioctls.h", "asm/signal.h", "asm/siginfo.h",
            "asm/resource.h",
    ];

    [Theory]
    [InlineData("x64")]
    [InlineData("arm64")]
    public void Constants_are_those_of_the_kernel_headers(string architecture)
    {
        List<(string Name, long Value)> rows = [.. Constants(typeof(ProcessConstants)),
            .. Constants(typeof(MountConstants))];
        foreach (CloneFlags flag in Enum.GetValues<CloneFlags>())
            if (flag != CloneFlags.None) rows.Add(($"{flag}", (long)flag));
        for (int resource = 0; Rlimits.NameOf(resource) is var name && !char.IsAsciiDigit(name[0]); resource++)
            rows.Add(($"RLIMIT_{name.ToUpperInvariant()}", resource));
        for (int signal = 1; signal < 32; signal++) rows.Add((Signals.NameOf(signal), signal));
        // The kernel exports neither sockets' constants nor these two flags; libc's headers do.
        string[] libc = ["AF_NETLINK", "SOCK_RAW", "MNT_DETACH", "UMOUNT_NOFOLLOW"];
        AssertValues(architecture, s_kernel, rows.FindAll(row => !libc.Contains(row.Name)));
        AssertValues(architecture, ["sys/socket.h", "sys/mount.h"], rows.FindAll(row => libc.Contains(row.Name)));
    }

    [Theory]
    [InlineData("x64")]
    [InlineData("arm64")]
    public void Structs_are_laid_out_as_in_the_kernel_headers(string architecture)
    {
        List<(string Name, long Value)> rows = [("sizeof(struct clone_args)", Marshal.SizeOf<clone_args>())];
        foreach (string field in (string[])["flags", "pidfd", "exit_signal", "stack", "stack_size", "set_tid",
            "cgroup"])
            rows.Add(($"offsetof(struct clone_args, {field})", Marshal.OffsetOf<clone_args>(field)));
        rows.Add(("sizeof(struct mount_attr)", 32));
        rows.Add(("offsetof(struct mount_attr, attr_clr)", 8));
        rows.Add(("offsetof(struct mount_attr, propagation)", 16));
        rows.Add(("sizeof(siginfo_t)", Marshal.SizeOf<PidFd.siginfo_child>()));
        rows.Add(("offsetof(siginfo_t, si_code)", Marshal.OffsetOf<PidFd.siginfo_child>("si_code")));
        rows.Add(("offsetof(siginfo_t, si_pid)", Marshal.OffsetOf<PidFd.siginfo_child>("si_pid")));
        rows.Add(("offsetof(siginfo_t, si_status)", Marshal.OffsetOf<PidFd.siginfo_child>("si_status")));
        AssertValues(architecture, s_kernel, rows);
    }

    [Fact]
    public unsafe void Steps_and_header_are_laid_out_as_the_machine_code_reads_them()
    {
        Assert.Equal(112, sizeof(NativeStep));
        Assert.Equal(
            [0, 8, 56, 64, 68, 72, 76, 80, 96],
            Array.ConvertAll(
                ["Number", "Arguments", "Result", "Indirect", "SkipAfterSuccess", "SkipAfterListed", "SkipAfterOther",
                    "ListedLow", "ListedHigh"],
                field => (int)Marshal.OffsetOf<NativeStep>(field)));
        Assert.Equal(
            [0, 8, 16], Array.ConvertAll(["First", "Current", "Outcome"],
                field => (int)Marshal.OffsetOf<LaunchHeader>(field)));
    }

    private static IEnumerable<(string, long)> Constants(Type table) =>
        from field in table.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        where field.IsLiteral
        select (field.Name, Convert.ToInt64(field.GetRawConstantValue()));

    private static void AssertValues(string architecture, string[] headers, List<(string Name, long Value)> rows)
    {
        long[] values = CHeaders.Evaluate(architecture, headers, rows.ConvertAll(row => row.Name));
        for (int i = 0; i < values.Length; i++)
        {
            var (name, value) = rows[i];
            Assert.True(values[i] == value, $"{name}: {value} here, {values[i]} in the headers");
        }
    }
}
