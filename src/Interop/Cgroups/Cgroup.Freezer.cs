using Skiff.Interop.Processes;

namespace Skiff.Interop.Cgroups;

/// <content>Freeze and thaw.</content>
public sealed partial class Cgroup
{
    // In cgroup.freeze.
    private const string Stopped = "1", Thawed = "0";

    /// <summary>
    /// True while every process of the cgroup is stopped by <see cref="Freeze"/>; false once it is removed.
    /// </summary>
    public bool Frozen => IsSet("frozen");

    /// <summary>
    /// Stops every process; true once all are stopped, or somebody else has thawed them since, false when
    /// <paramref name="timeoutMs"/> ran out first or the cgroup is removed. They are to stop also after that, until
    /// <see cref="Thaw"/>.
    /// </summary>
    public bool Freeze(int timeoutMs) =>
        TryWriteFreeze(Stopped) && WaitForEvent("frozen", 1, timeoutMs, () => IsTold(Thawed));

    /// <summary>Lets the processes run again; true once none is stopped any more, or they are frozen anew.</summary>
    public bool Thaw(int timeoutMs) =>
        !TryWriteFreeze(Thawed) || WaitForEvent("frozen", 0, timeoutMs, () => IsTold(Stopped));

    /// <summary>
    /// Those here and below that a <see cref="Freeze"/> waits for: number, state (proc_pid_stat(5)) and where in the
    /// kernel they are (proc_pid_wchan(5)), as <c>17 (D, nfs_wait_bit_killable)</c>; empty when it waits for none.
    /// </summary>
    public string DescribeUnfrozen()
    {
        var found = new List<string>();
        // What is stopped sleeps in the one, or, where a compiler has put that there, the other (kernel/signal.c).
        foreach (int pid in ProcessesBelow())
            if (PidFd.TryReadStat(pid, out char state, out _) == Errno.None
                && CgroupFile.TryReadText(Fd.Cwd, $"/proc/{pid}/wchan", out string place) == Errno.None
                && (state, place) is not ('S', "do_freezer_trap" or "get_signal"))
                found.Add($"{pid} ({state}, {place})");
        return string.Join(", ", found);
    }

    // False when the cgroup is removed.
    private bool TryWriteFreeze(string value)
    {
        Errno errno = CgroupFile.TryWrite(Directory, "cgroup.freeze", value);
        return errno is Errno.None or Errno.ENOENT or Errno.ENODEV ? errno == Errno.None
            : throw new LinuxException(errno, "write cgroup", $"{Path}/cgroup.freeze");
    }

    // By whoever wrote last.
    private bool IsTold(string value) =>
        CgroupFile.TryReadText(Directory, "cgroup.freeze", out string text) == Errno.None && text == value;
}
