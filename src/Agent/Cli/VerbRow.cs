namespace Skiff.Agent.Cli;

/// <summary>A verb in <see cref="VerbTable"/>.</summary>
/// <param name="Name">What the user types: <c>run</c>, <c>volume create</c>.</param>
/// <param name="Group">Where help lists it.</param>
/// <param name="Create">Builds the verb; called for the invoked verb alone, and for all of a group when help lists
/// it.</param>
internal readonly record struct VerbRow(string Name, VerbGroup Group, Func<Verb> Create);
