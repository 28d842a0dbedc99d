using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>Docker's HEALTHCHECK. Times are nanoseconds, as Docker writes them; 0 stands for the default.</summary>
public sealed record Healthcheck
{
    /// <summary><c>NONE</c>, or <c>CMD</c> and arguments, or <c>CMD-SHELL</c> and one line; empty inherits.</summary>
    [JsonPropertyName("Test")] public IReadOnlyList<string>? Test { get; init; }

    /// <summary>Between two checks.</summary>
    [JsonPropertyName("Interval")] public long IntervalNs { get; init; }

    /// <summary>For one check.</summary>
    [JsonPropertyName("Timeout")] public long TimeoutNs { get; init; }

    /// <summary>Failures before this do not count.</summary>
    [JsonPropertyName("StartPeriod")] public long StartPeriodNs { get; init; }

    /// <summary>Between two checks within the start period.</summary>
    [JsonPropertyName("StartInterval")] public long StartIntervalNs { get; init; }

    /// <summary>Failures in a row that make a container unhealthy.</summary>
    [JsonPropertyName("Retries")] public int Retries { get; init; }
}
