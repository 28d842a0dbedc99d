namespace Skiff.Interop.Seccomp;

/// <summary>What a profile's conditions are decided on.</summary>
/// <param name="Native">The host's architecture.</param>
/// <param name="Capabilities">The container's bounding set, a bit for each number of
/// &lt;linux/capability.h&gt;.</param>
/// <param name="Kernel">The host's kernel; only major and minor count.</param>
public sealed record SeccompTarget(SeccompArch Native, ulong Capabilities, Version Kernel)
{
    /// <summary>This host, with the running kernel.</summary>
    public static SeccompTarget ForHost(ulong capabilities) =>
        new(SeccompArches.Native, capabilities, Environment.OSVersion.Version);

    /// <summary>Whether the container has the capability of this number.</summary>
    internal bool Has(int capability) => (Capabilities & (1UL << capability)) != 0;
}
