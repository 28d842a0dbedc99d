namespace Skiff.Layers.Pipeline;

/// <summary>How much of a pull that ends early is kept for the next one.</summary>
public sealed record ResumeOptions
{
    /// <summary>What is used when nothing is given.</summary>
    public static ResumeOptions Default { get; } = new();

    /// <summary>A layer of which fewer compressed bytes have come is fetched anew.</summary>
    public long MinBytes { get; init; } = 1 << 20;

    /// <summary>
    /// How often a running pull notes how far it got, which a death of the process or a power cut then leaves. Each
    /// note waits for the disk, so a pull that is over sooner makes none.
    /// </summary>
    public int KeepEveryMs { get; init; } = 5_000;

    /// <summary>Plain bytes between two places to go on from, at least: so much may be fetched twice.</summary>
    public int StepBytes { get; init; } = 512 << 10;
}
