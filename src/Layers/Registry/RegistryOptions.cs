namespace Skiff.Layers.Registry;

/// <summary>How patient a <see cref="RegistryClient"/> is, and how fast.</summary>
public sealed record RegistryOptions
{
    /// <summary>What is used when nothing is given.</summary>
    public static RegistryOptions Default { get; } = new();

    /// <summary>How often a transient failure is tried again; progress starts the count anew.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The wait before the first retry; it doubles each time, up to <see cref="MaxRetryDelayMs"/>.</summary>
    public int RetryDelayMs { get; init; } = 200;

    /// <summary>The longest wait, also when the registry asks for a longer one by Retry-After.</summary>
    public int MaxRetryDelayMs { get; init; } = 10_000;

    /// <summary>Until a connection stands.</summary>
    public int ConnectTimeoutMs { get; init; } = 10_000;

    /// <summary>How long nothing may move on all connections to a host before those that wait are given up: for
    /// response headers, between two reads of a body, and for room for what is sent.</summary>
    public int IdleTimeoutMs { get; init; } = 30_000;

    /// <summary>The same for one connection, whatever moves on the others: they may have the link to themselves, or
    /// this one may be dead.</summary>
    public int LongestIdleMs { get; init; } = 300_000;

    /// <summary>The most that blobs may bring, all of a client's together; null for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>The proxies to go through; null for the environment's.</summary>
    public System.Net.IWebProxy? Proxy { get; init; }

    /// <summary>The program whose users log in, for advice to them.</summary>
    public string Client { get; init; } = "skiff";

    /// <summary>By which clock <see cref="BytesPerSecond"/> is kept.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The wait before retry number <paramref name="attempt"/> (0 is the first).</summary>
    internal TimeSpan DelayBefore(int attempt, TimeSpan? asked = null)
    {
        double delayMs = asked?.TotalMilliseconds ?? RetryDelayMs * Math.Pow(2, attempt);
        return TimeSpan.FromMilliseconds(Math.Clamp(delayMs, 0, MaxRetryDelayMs));
    }
}
