using Skiff.Interop.Processes;

namespace Skiff.Layers.Archives;

/// <summary>The owners of a tree whose files show the ids of the host, as a user namespace numbers them.</summary>
/// <param name="Users">The map of users.</param>
/// <param name="Groups">The map of groups.</param>
public sealed record OwnerMap(IdMap Users, IdMap Groups)
{
    // What the kernel shows of an id that the namespace does not know.
    private const uint Nobody = 65534;

    /// <summary>Owner and group as they are seen inside.</summary>
    public (uint Uid, uint Gid) Inside(uint uid, uint gid) =>
        (Users.Inside(uid) ?? Nobody, Groups.Inside(gid) ?? Nobody);

    /// <summary>Owner and group as the host numbers them; null when one of them has no number there.</summary>
    public (uint Uid, uint Gid)? Outside(uint uid, uint gid) =>
        Users.Outside(uid) is { } user && Groups.Outside(gid) is { } group ? (user, group) : null;

    /// <summary>Makes what this thread creates belong to the root inside, until disposal.</summary>
    public FileIdentity ActAsRoot() => new(Users.Outside(0) ?? 0, Groups.Outside(0) ?? 0);
}
