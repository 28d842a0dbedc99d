namespace Skiff.Agent.Networks.Policies;

/// <summary>What policies say about a connection in one direction.</summary>
/// <param name="IsAllowed">Whether it may be.</param>
/// <param name="Direction">The direction.</param>
/// <param name="Policies">Those that decide: the one whose rule allows it, all that select the endpoint and do not, or
/// none, when none selects it.</param>
/// <param name="Rule">The rule that allows it, counted from 0; -1 for none.</param>
/// <param name="Line">Where that stands in the policy's file.</param>
internal sealed record PolicyDecision(
    bool IsAllowed, PolicyDirection Direction, string[] Policies, int Rule = -1, int Line = 0);
