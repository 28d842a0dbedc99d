namespace Skiff.Interop.Processes;

/// <summary>struct sched_attr of sched_setattr(2), Linux 3.14.</summary>
/// <param name="Policy">SCHED_*: 0 other, 1 fifo, 2 rr, 3 batch, 5 idle, 6 deadline.</param>
/// <param name="Flags">SCHED_FLAG_*.</param>
/// <param name="Nice">For other and batch.</param>
/// <param name="Priority">For fifo and rr.</param>
/// <param name="RuntimeNs">For deadline.</param>
/// <param name="DeadlineNs">For deadline.</param>
/// <param name="PeriodNs">For deadline.</param>
public readonly record struct SchedulingPolicy(
    uint Policy, ulong Flags, int Nice, uint Priority, ulong RuntimeNs, ulong DeadlineNs, ulong PeriodNs)
{
    /// <summary>SCHED_ATTR_SIZE_VER0.</summary>
    internal const int StructBytes = 48;
}
