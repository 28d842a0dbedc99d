namespace Skiff.Agent.Networks.Policies;

/// <summary>What a label has to be.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">In, NotIn, Exists or DoesNotExist, as Kubernetes has them.</param>
/// <param name="Values">Of the first two.</param>
internal sealed record LabelRequirement(string Key, string Operator, string[] Values)
{
    /// <summary>Whether a value, or none, is what it has to be.</summary>
    public bool IsMet(string? value) => Operator switch
    {
        "In" => value is not null && Values.Contains(value),
        "NotIn" => value is null || !Values.Contains(value),
        "Exists" => value is not null,
        _ => value is null,
    };

    /// <summary>Whether another one is written alike.</summary>
    public bool IsAlike(LabelRequirement other) =>
        Key == other.Key && Operator == other.Operator && Values.AsSpan().SequenceEqual(other.Values);
}
