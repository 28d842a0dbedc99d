namespace Skiff.Interop.Seccomp;

/// <summary>Where a rule applies: the <c>includes</c> or <c>excludes</c> of a Docker profile.</summary>
public sealed record SeccompCondition
{
    /// <summary>No condition.</summary>
    public static SeccompCondition None { get; } = new();

    /// <summary>Capabilities of the container, a bit for each number of &lt;linux/capability.h&gt;.</summary>
    public ulong Capabilities { get; init; }

    /// <summary>
    /// True when the profile names a capability that this engine does not know, which no container has.
    /// </summary>
    public bool HasUnknownCapability { get; init; }

    /// <summary>Architectures of the host, by Go's names (<c>amd64</c>, <c>arm64</c>).</summary>
    public IReadOnlyList<string> Arches { get; init; } = [];

    /// <summary>The oldest kernel, as major and minor number.</summary>
    public Version? MinKernel { get; init; }

    internal bool NamesArch(SeccompArch arch)
    {
        string name = SeccompArches.ProfileName(arch);
        foreach (string candidate in Arches)
            if (candidate == name) return true;
        return false;
    }
}
