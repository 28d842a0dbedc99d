namespace Skiff.Interop.Seccomp;

/// <summary>
/// One entry of a profile's <c>syscalls</c>: an action for system calls by name, when all of <see cref="Arguments"/>
/// hold.
/// </summary>
/// <param name="Names">System calls; names that an architecture does not have are skipped.</param>
/// <param name="Action">The action.</param>
/// <param name="ErrnoRet">The errno (or tracer message) of the action; null is EPERM.</param>
/// <param name="Arguments">Conditions that must all hold; empty matches every call.</param>
public sealed record SeccompRule(
    IReadOnlyList<string> Names, SeccompAction Action, int? ErrnoRet, IReadOnlyList<SeccompArgument> Arguments)
{
    /// <summary>The rule applies only where this holds.</summary>
    public SeccompCondition Includes { get; init; } = SeccompCondition.None;

    /// <summary>The rule does not apply where any part of this holds.</summary>
    public SeccompCondition Excludes { get; init; } = SeccompCondition.None;

    /// <summary>Whether the rule counts for a container of <paramref name="target"/>.</summary>
    internal bool AppliesTo(SeccompTarget target)
    {
        if (Excludes.NamesArch(target.Native) || (Excludes.Capabilities & target.Capabilities) != 0) return false;
        if (Excludes.MinKernel is { } newer && target.Kernel >= newer) return false;
        if (Includes.Arches.Count > 0 && !Includes.NamesArch(target.Native)) return false;
        if ((Includes.Capabilities & ~target.Capabilities) != 0 || Includes.HasUnknownCapability) return false;
        return Includes.MinKernel is not { } least || target.Kernel >= least;
    }
}
