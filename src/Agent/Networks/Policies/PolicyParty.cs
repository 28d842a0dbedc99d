using System.Net;

namespace Skiff.Agent.Networks.Policies;

/// <summary>One side of a connection.</summary>
/// <param name="Address">Its address; null of one that only has a name.</param>
/// <param name="Member">The endpoint that it is; null of anything outside.</param>
/// <param name="Entity">Of something outside, where it is.</param>
internal sealed record PolicyParty(IPAddress? Address, PolicyMember? Member, PolicyEntity Entity)
{
    /// <summary>What has an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="member">The endpoint that has it.</param>
    /// <param name="isHost">Whether the host has it.</param>
    public static PolicyParty Of(IPAddress address, PolicyMember? member, bool isHost) => new(address, member,
        member is not null ? PolicyEntity.None : isHost ? PolicyEntity.Host
            : AddressBlock.Private(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
                .Any(network => network.Contains(address)) ? PolicyEntity.Lan : PolicyEntity.Internet);
}
