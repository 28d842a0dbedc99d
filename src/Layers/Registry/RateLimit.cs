namespace Skiff.Layers.Registry;

/// <summary>
/// A token bucket: whoever has read bytes waits until they were allowed to come. Connections share it in the order in
/// which they read. What is not used is saved up for a tenth of a second.
/// </summary>
/// <param name="bytesPerSecond">At least 1.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimit(long bytesPerSecond, TimeProvider time)
{
    private const int SavedPerSecond = 10;

    private readonly Lock _lock = new();
    private readonly long _saved = time.TimestampFrequency / SavedPerSecond;

    // Up to when the bandwidth is used up.
    private long _usedUntil = time.GetTimestamp() - time.TimestampFrequency / SavedPerSecond;

    /// <summary>How many bytes to read at once: more would come in bursts.</summary>
    internal int MaxBytes { get; } = (int)Math.Clamp(bytesPerSecond / SavedPerSecond, 1, 64 << 10);

    /// <summary>Waits until so many bytes, which were read, were allowed.</summary>
    internal Task SpendAsync(int bytes, CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (_lock)
        {
            long now = time.GetTimestamp();
            long cost = (long)((double)bytes * time.TimestampFrequency / bytesPerSecond);
            _usedUntil = Math.Max(_usedUntil, now - _saved) + cost;
            wait = time.GetElapsedTime(now, _usedUntil);
        }
        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellation) : Task.CompletedTask;
    }
}
