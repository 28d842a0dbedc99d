namespace Skiff.Interop.Seccomp;

/// <summary>A seccomp profile in Docker's JSON format, or the OCI runtime specification's, which is a subset.</summary>
public sealed record SeccompProfile
{
    /// <summary>The action for calls that no rule names.</summary>
    public required SeccompAction DefaultAction { get; init; }

    /// <summary>The errno of the default action; null is EPERM.</summary>
    public int? DefaultErrnoRet { get; init; }

    /// <summary>Architectures by libseccomp's names; empty is the native one alone.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>Sub-architectures by native architecture: Docker's <c>archMap</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ArchMap { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The rules, in the profile's order.</summary>
    public IReadOnlyList<SeccompRule> Rules { get; init; } = [];

    /// <summary>SECCOMP_FILTER_FLAG_* for seccomp(2).</summary>
    public uint Flags { get; init; } = SeccompFilter.SECCOMP_FILTER_FLAG_SPEC_ALLOW;

    /// <summary>The actions that a profile can have.</summary>
    public static IReadOnlyList<string> ActionNames => SeccompProfileReader.Actions;

    /// <summary>The operators that a condition can have.</summary>
    public static IReadOnlyList<string> OperatorNames => SeccompProfileReader.Operators;

    /// <summary>The flags that a profile can have.</summary>
    public static IReadOnlyList<string> FlagNames => SeccompProfileReader.Flags;

    /// <summary>The architectures that a filter can be for.</summary>
    public static IReadOnlyList<string> ArchitectureNames => SeccompArches.Names;

    /// <summary>
    /// Reads a profile; throws <see cref="FormatException"/> that names the place, such as
    /// <c>syscalls[3].args[0].op</c>.
    /// </summary>
    public static SeccompProfile Parse(ReadOnlyMemory<byte> json) => SeccompProfileReader.Read(json);

    /// <summary>
    /// Compiles the profile for a container; throws <see cref="FormatException"/> when it is too large.
    /// </summary>
    public SeccompFilter Compile(SeccompTarget target)
    {
        var compiler = new SeccompCompiler(ArchesFor(target.Native), Value(DefaultAction, DefaultErrnoRet));
        foreach (SeccompRule rule in Rules)
            if (rule.AppliesTo(target)) compiler.Add(rule);
        return compiler.Compile(Flags);
    }

    /// <summary>An action with its data, as a filter returns it.</summary>
    internal static uint Value(SeccompAction action, int? errno) => action is SeccompAction.ERRNO or SeccompAction.TRACE
        ? (uint)action | ((uint)(errno ?? 1) & 0xFFFF)
        : (uint)action;

    private List<SeccompArch> ArchesFor(SeccompArch native)
    {
        var arches = new List<SeccompArch> { native };
        foreach (string name in Architectures) Include(arches, name);
        foreach ((string main, IReadOnlyList<string> others) in ArchMap)
            if (SeccompArches.TryParse(main, out SeccompArch arch) && arch == native)
                foreach (string name in others) Include(arches, name);
        return arches;
    }

    private static void Include(List<SeccompArch> arches, string name)
    {
        // Other machines' architectures can never run here; a filter for them would only be dead code.
        if (SeccompArches.TryParse(name, out SeccompArch arch) && !arches.Contains(arch)) arches.Add(arch);
    }
}
