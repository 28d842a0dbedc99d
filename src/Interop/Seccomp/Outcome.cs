namespace Skiff.Interop.Seccomp;

/// <summary>What happens to one system call: an action, or alternatives by its arguments.</summary>
internal sealed class Outcome
{
    private static readonly (uint, SeccompArgument[])[] s_none = [];

    private Outcome(uint? action, IReadOnlyList<(uint Action, SeccompArgument[] Arguments)> alternatives) =>
        (Action, Alternatives) = (action, alternatives);

    /// <summary>The action whatever the arguments; null means <see cref="Alternatives"/>, then the default.</summary>
    internal uint? Action { get; }

    /// <summary>Actions by arguments, tried in order; empty when <see cref="Action"/> is set.</summary>
    internal IReadOnlyList<(uint Action, SeccompArgument[] Arguments)> Alternatives { get; }

    /// <summary>One action for every call.</summary>
    internal static Outcome Of(uint action) => new(action, s_none);

    /// <summary>This outcome (null: none yet) with one more rule.</summary>
    internal static Outcome Merge(Outcome? before, uint action, SeccompArgument[] arguments)
    {
        if (before?.Action is not null) return before;
        if (arguments.Length == 0) return Of(action);
        return new Outcome(null, [.. before?.Alternatives ?? s_none, (action, arguments)]);
    }

    /// <summary>True when neighbouring numbers with these outcomes can share a range.</summary>
    internal bool Same(Outcome other) =>
        ReferenceEquals(this, other) || (Action is { } action && action == other.Action);
}
