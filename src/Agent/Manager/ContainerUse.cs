using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Manager;

/// <summary>What a container uses at one moment; null is what the host does not count (a missing controller).</summary>
internal sealed record ContainerUse
{
    /// <summary>When, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long AtMs { get; init; }

    /// <summary>CPU time so far, in microseconds.</summary>
    public long CpuUs { get; init; }

    /// <summary>Memory, without the part of the page cache that can go at once.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The limit, or all memory of the host.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Swap.</summary>
    public long? SwapBytes { get; init; }

    /// <summary>Read from block devices so far.</summary>
    public long? ReadBytes { get; init; }

    /// <summary>Written to block devices so far.</summary>
    public long? WrittenBytes { get; init; }

    /// <summary>Received by interfaces of its own so far.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Sent by interfaces of its own so far.</summary>
    public long SentBytes { get; init; }

    /// <summary>Tasks.</summary>
    public long? Pids { get; init; }

    /// <summary>How long tasks waited for the processor; null without PSI.</summary>
    public Pressure? CpuPressure { get; init; }

    /// <summary>How long tasks waited for memory.</summary>
    public Pressure? MemoryPressure { get; init; }

    /// <summary>How long tasks waited for block devices.</summary>
    public Pressure? IoPressure { get; init; }

    /// <summary>Share of one processor since an earlier moment, in percent.</summary>
    public double CpuPercentSince(ContainerUse earlier) =>
        AtMs <= earlier.AtMs ? 0 : Math.Max(0, CpuUs - earlier.CpuUs) / ((AtMs - earlier.AtMs) * 10.0);
}
