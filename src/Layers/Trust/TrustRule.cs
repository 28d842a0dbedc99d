namespace Skiff.Layers.Trust;

/// <summary>What a policy says about the names below one prefix.</summary>
/// <param name="Prefix">A host, or a host and the beginning of a path; empty for the rule of all other names.</param>
/// <param name="Kind">What becomes of such images.</param>
internal sealed record TrustRule(string Prefix, TrustKind Kind)
{
    /// <summary>Whose signatures count; at least one key where signatures are wanted.</summary>
    public IReadOnlyList<VerificationKey> Keys { get; init; } = [];

    /// <summary>Whether a signature has to name the image's repository, and not only its digest.</summary>
    public bool NamesRepository { get; init; }

    /// <summary>Where the rule is in the file.</summary>
    public string Place => Prefix.Length == 0 ? "default" : $"registries.\"{Prefix}\"";
}
