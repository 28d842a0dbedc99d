using Skiff.Agent.Images;
using Skiff.Layers.Registry;
using Skiff.Layers.Tar;

namespace Skiff.Agent.Manager;

/// <summary>Where all state lives: durable below <see cref="Root"/>, volatile (tmpfs) below
/// <see cref="RunRoot"/>, in what form layers are kept, how large they may be, how they are fetched, and how full the
/// disk may be.</summary>
/// <param name="Root">Default /var/lib/skiff; --root or SKIFF_ROOT.</param>
/// <param name="RunRoot">Default /run/skiff; --run-root or SKIFF_RUN_ROOT.</param>
/// <param name="LayerStore">erofs or overlay; null: the kernel is asked. --snapshotter or SKIFF_SNAPSHOTTER.</param>
/// <param name="Limits">Null: the defaults. --limits or SKIFF_LIMITS.</param>
/// <param name="Registry">Null: the defaults. SKIFF_LIMIT_RATE.</param>
/// <param name="RegistriesFile">Where names of images lead; null: /etc/skiff/registries.json, if it is there.
/// --registries or SKIFF_REGISTRIES.</param>
/// <param name="KeepPartial">How long a download that was cut off is kept (<see cref="PartialDownloads"/>); null: a
/// week. SKIFF_KEEP_PARTIAL.</param>
/// <param name="Gc">When unused images are removed; null: never. --gc or SKIFF_GC.</param>
/// <param name="PolicyFile">Which images are trusted; null: /etc/skiff/policy.json, if it is there. --policy or
/// SKIFF_POLICY.</param>
internal sealed record StateRoots(
    string Root, string RunRoot, string? LayerStore = null, IngestLimits? Limits = null,
    RegistryOptions? Registry = null, string? RegistriesFile = null, TimeSpan? KeepPartial = null,
    Watermarks? Gc = null, string? PolicyFile = null)
{
    private static readonly string[] s_preloaded = ["/usr/share/skiff/images"];
    private static readonly string[] s_cdiSpecDirectories = ["/etc/cdi", "/var/run/cdi"];

    /// <summary>Durable state roots whose images are there besides, and are only read: factory images on a read-only
    /// system partition. --preloaded or SKIFF_PRELOADED.</summary>
    public IReadOnlyList<string> Preloaded { get; init; } = s_preloaded;

    /// <summary>Where containers log that ask for nothing; null: /etc/skiff/logs.json, if it is there. --logs or
    /// SKIFF_LOGS.</summary>
    public string? LogsFile { get; init; }

    /// <summary>Where vendors describe their devices; a later directory's device hides its namesake of an earlier
    /// one. --cdi-spec-dirs or SKIFF_CDI_SPEC_DIRS.</summary>
    public IReadOnlyList<string> CdiSpecDirectories { get; init; } = s_cdiSpecDirectories;

    /// <summary>The defaults.</summary>
    public static StateRoots Default { get; } = new("/var/lib/skiff", "/run/skiff");
}
