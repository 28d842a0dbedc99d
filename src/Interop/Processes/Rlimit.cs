namespace Skiff.Interop.Processes;

/// <summary>A resource limit (getrlimit(2)).</summary>
/// <param name="Resource">RLIMIT_* number.</param>
/// <param name="Soft">The limit in force; <see cref="Rlimits.Infinity"/> for none.</param>
/// <param name="Hard">How far the process may raise it itself.</param>
public readonly record struct Rlimit(int Resource, ulong Soft, ulong Hard)
{
    /// <summary><c>nofile=1024:2048</c>.</summary>
    public override string ToString() => $"{Rlimits.NameOf(Resource)}={Show(Soft)}:{Show(Hard)}";

    private static string Show(ulong value) => value == Rlimits.Infinity ? "-1" : $"{value}";
}
