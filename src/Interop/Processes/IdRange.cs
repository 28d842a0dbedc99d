namespace Skiff.Interop.Processes;

/// <summary>Ids inside a user namespace and the ids that they stand for outside (user_namespaces(7)).</summary>
/// <param name="Inside">The first id inside.</param>
/// <param name="Outside">The first id outside.</param>
/// <param name="Count">How many.</param>
public readonly record struct IdRange(uint Inside, uint Outside, uint Count);
