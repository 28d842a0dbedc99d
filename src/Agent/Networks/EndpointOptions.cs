using System.Net;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>What a container may ask of its attachment; all null is the usual case.</summary>
internal sealed record EndpointOptions
{
    /// <summary><c>--ip</c>; null takes the next free one.</summary>
    public IPAddress? Address { get; init; }

    /// <summary><c>--mac-address</c>; null derives one from the address.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary><c>--network-alias</c>: further names in the network's DNS.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Nothing special.</summary>
    public static EndpointOptions None { get; } = new();
}
