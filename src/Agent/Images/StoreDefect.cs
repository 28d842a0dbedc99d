using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>Something that <see cref="StoreCheck"/> found.</summary>
/// <param name="Kind">What is damaged.</param>
/// <param name="Subject">Its name, digest, DiffId or path.</param>
/// <param name="Text">What is wrong, for the user.</param>
internal sealed record StoreDefect(StoreDefectKind Kind, string Subject, string Text)
{
    /// <summary>What it is part of; none for what only a container or nothing needs.</summary>
    public IReadOnlyList<Digest> Images { get; init; } = [];

    /// <summary>How it was healed, or null.</summary>
    public string? Repair { get; set; }

    /// <summary>Why it could not be healed, or null.</summary>
    public string? Failure { get; set; }
}
