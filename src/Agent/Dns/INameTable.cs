namespace Skiff.Agent.Dns;

/// <summary>
/// What the resolver of one container knows of its networks. Asked on the monitor's thread, for every question; spans
/// are looked at before the next call. Names are those of Docker: the container's, its aliases, its short id, and each
/// of them with <c>.NETWORK</c> behind, of containers that share a network with the one that asks.
/// The server that asks it disposes of it.
/// </summary>
internal interface INameTable : IDisposable
{
    /// <summary>
    /// Whether the container may reach the world. If not (only internal networks), other servers are asked from inside
    /// its namespace, as Docker does, where nobody but one on its own networks answers.
    /// </summary>
    bool ReachesOutside { get; }

    /// <summary>
    /// The addresses of a name. False: not one of ours, ask others. True with no addresses: ours, without any of that
    /// kind; nobody else is asked.
    /// </summary>
    /// <param name="name">ASCII in lower case, labels with dots between, none at the end.</param>
    /// <param name="v4">IPv4 addresses, 4 bytes each.</param>
    /// <param name="v6">IPv6 addresses, 16 bytes each.</param>
    bool TryFind(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> v4, out ReadOnlySpan<byte> v6);

    /// <summary>The name of an address, as <c>NAME.NETWORK</c>. False: not one of ours, ask others.</summary>
    /// <param name="address">4 or 16 bytes.</param>
    /// <param name="name">ASCII, without a dot at the end.</param>
    bool TryFindName(scoped ReadOnlySpan<byte> address, out ReadOnlySpan<byte> name);

    /// <summary>Whether it wants to know of answers of other servers: asked for each.</summary>
    bool WantsAnswers => false;

    /// <summary>An answer with addresses, told before the client has it.</summary>
    /// <param name="name">What was asked for; as in <see cref="TryFind"/>.</param>
    /// <param name="v4">IPv4 addresses, 4 bytes each.</param>
    /// <param name="v6">IPv6 addresses, 16 bytes each.</param>
    /// <param name="ttl">For how many seconds the client may use them.</param>
    void OnAnswer(string name, scoped ReadOnlySpan<byte> v4, scoped ReadOnlySpan<byte> v6, uint ttl)
    {
    }
}
