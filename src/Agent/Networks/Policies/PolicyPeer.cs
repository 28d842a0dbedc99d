namespace Skiff.Agent.Networks.Policies;

/// <summary>One of those that a rule is about: one of its fields is set, or <see cref="Networks"/> beside the first.
/// </summary>
internal sealed record PolicyPeer
{
    /// <summary>Containers.</summary>
    public Selector? Containers { get; init; }

    /// <summary>Of these networks; null is the policy's own, or all when it has none.</summary>
    public Selector? Networks { get; init; }

    /// <summary>Addresses.</summary>
    public AddressBlock? Block { get; init; }

    /// <summary>Places; <see cref="PolicyEntity.None"/> when it is about something else.</summary>
    public PolicyEntity Entity { get; init; }

    /// <summary>
    /// Names in DNS, in lower case; <c>*.</c> in front stands for one label or more. What the containers' resolver has
    /// answered for them is allowed as long as the answer is good.
    /// </summary>
    public string[] DnsNames { get; init; } = [];
}
