namespace Skiff.Agent.Manager;

/// <summary>Where all state lives: durable below <see cref="Root"/>, volatile (tmpfs) below
/// <see cref="RunRoot"/>, and in what form layers are kept.</summary>
/// <param name="Root">Default /var/lib/skiff; --root or SKIFF_ROOT.</param>
/// <param name="RunRoot">Default /run/skiff; --run-root or SKIFF_RUN_ROOT.</param>
/// <param name="LayerStore">erofs or overlay; null: the kernel is asked. --snapshotter or SKIFF_SNAPSHOTTER.</param>
internal sealed record StateRoots(string Root, string RunRoot, string? LayerStore = null)
{
    /// <summary>The defaults.</summary>
    public static StateRoots Default { get; } = new("/var/lib/skiff", "/run/skiff");
}
