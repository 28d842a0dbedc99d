namespace Skiff.Agent.Images;

/// <summary>What a prune has taken away.</summary>
/// <param name="Lines">Docker's lines: <c>untagged: NAME</c>, <c>deleted: DIGEST</c>.</param>
/// <param name="Bytes">Bytes on disk that are free again.</param>
internal sealed record PruneResult(IReadOnlyList<string> Lines, long Bytes);
