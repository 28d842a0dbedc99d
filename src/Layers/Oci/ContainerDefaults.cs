using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>
/// What an image asks of its containers (image-spec config.md, "config"; Docker's ContainerConfig). Missing members are
/// null.
/// </summary>
public sealed record ContainerDefaults
{
    /// <summary><c>user</c>, <c>uid</c>, <c>user:group</c> and so on; null or empty is root.</summary>
    [JsonPropertyName("User")] public string? User { get; init; }

    /// <summary><c>port/protocol</c>; the values mean nothing.</summary>
    [JsonPropertyName("ExposedPorts")] public Dictionary<string, EmptyObject>? ExposedPorts { get; init; }

    /// <summary><c>NAME=value</c>.</summary>
    [JsonPropertyName("Env")] public IReadOnlyList<string>? Env { get; init; }

    /// <summary>Comes before <see cref="Cmd"/> in the argument list.</summary>
    [JsonPropertyName("Entrypoint")] public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Default arguments, or the command when there is no entrypoint.</summary>
    [JsonPropertyName("Cmd")] public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Windows only; kept.</summary>
    [JsonPropertyName("ArgsEscaped")] public bool ArgsEscaped { get; init; }

    /// <summary>Paths that get an anonymous volume; the values mean nothing.</summary>
    [JsonPropertyName("Volumes")] public Dictionary<string, EmptyObject>? Volumes { get; init; }

    /// <summary>Absolute; null or empty is <c>/</c>.</summary>
    [JsonPropertyName("WorkingDir")] public string? WorkingDir { get; init; }

    /// <summary>Free-form.</summary>
    [JsonPropertyName("Labels")] public Dictionary<string, string>? Labels { get; init; }

    /// <summary><c>SIGTERM</c>, <c>RTMIN+3</c> or a number; null is SIGTERM.</summary>
    [JsonPropertyName("StopSignal")] public string? StopSignal { get; init; }

    /// <summary>Seconds, when given.</summary>
    [JsonPropertyName("StopTimeout")] public int? StopTimeoutSeconds { get; init; }

    /// <summary>Docker's HEALTHCHECK.</summary>
    [JsonPropertyName("Healthcheck")] public Healthcheck? Healthcheck { get; init; }

    /// <summary>ONBUILD steps; used by builds only.</summary>
    [JsonPropertyName("OnBuild")] public IReadOnlyList<string>? OnBuild { get; init; }

    /// <summary>The shell of shell-form commands; used by builds and CMD-SHELL health checks.</summary>
    [JsonPropertyName("Shell")] public IReadOnlyList<string>? Shell { get; init; }
}
