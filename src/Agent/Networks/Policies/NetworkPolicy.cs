using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// Who may speak with whom, in the shape of Kubernetes' NetworkPolicy (networking.k8s.io/v1): of the containers that it
/// selects, what a rule of its directions does not allow is denied, unless another policy allows it.
/// </summary>
internal sealed record NetworkPolicy
{
    /// <summary>The name, unique: a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>Of all its containers' networks, the one that it is about; null for all.</summary>
    public string? Network { get; init; }

    /// <summary>The containers that it is about.</summary>
    public required Selector Containers { get; init; }

    /// <summary>Whether it says who may call them.</summary>
    public bool HasIngress { get; init; }

    /// <summary>Whether it says whom they may call.</summary>
    public bool HasEgress { get; init; }

    /// <summary>Who may call them.</summary>
    public PolicyRule[] Ingress { get; init; } = [];

    /// <summary>Whom they may call.</summary>
    public PolicyRule[] Egress { get; init; } = [];

    /// <summary>The document that it was made from.</summary>
    public byte[] Source { get; init; } = [];

    /// <summary>Whether it says something in that direction.</summary>
    public bool Has(PolicyDirection direction) => direction == PolicyDirection.Ingress ? HasIngress : HasEgress;

    /// <summary>The rules of a direction.</summary>
    public PolicyRule[] Rules(PolicyDirection direction) =>
        direction == PolicyDirection.Ingress ? Ingress : Egress;

    /// <summary>Whether it is about this endpoint.</summary>
    public bool Selects(PolicyMember member) =>
        (Network is null || Network == member.Network) && Containers.Fits(member.Names, member.Labels);

    /// <summary>Whether a rule's peer is this endpoint.</summary>
    public bool Means(PolicyPeer peer, PolicyMember member) =>
        peer.Containers is { } containers && containers.Fits(member.Names, member.Labels)
        && (peer.Networks is { } networks ? networks.Fits([member.Network], member.NetworkLabels)
            : Network is null || Network == member.Network);
}
