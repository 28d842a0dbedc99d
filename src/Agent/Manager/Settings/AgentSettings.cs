namespace Skiff.Agent.Manager.Settings;

/// <summary>What an agent is told: by its file, and by flags, which stand above it.</summary>
internal sealed record AgentSettings
{
    /// <summary>Where the API is served, and for whom.</summary>
    public IReadOnlyList<SocketSettings> Sockets { get; init; } = [];

    /// <summary>The certificates of TCP; null without.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>Where metrics are served; null for nowhere.</summary>
    public string? Metrics { get; init; }

    /// <summary>KEY=VALUE, which <c>docker info</c> shows.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Whether the log tells where an error of a request comes from.</summary>
    public bool Debug { get; init; }

    /// <summary>Clients at once; those above are told so. Each has a descriptor or two.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Seconds in which a client has to send a head, or a body of JSON; ten times as many to ask for something
    /// more, and to take an answer.</summary>
    public int ClientTimeout { get; init; } = 30;

    /// <summary>Tells what is wrong with the whole.</summary>
    /// <exception cref="UsageException">No agent can be so.</exception>
    public void Check()
    {
        HashSet<ListenAddress> seen = [];
        foreach (SocketSettings socket in Sockets)
        {
            if (!seen.Add(socket.Address)) throw new UsageException($"{socket.Address} is there twice");
            if (socket.Address.Kind == ListenKind.Tcp && Tls is null) throw new UsageException(
                $"{socket.Address}: TCP needs certificates, or whoever reaches the port would be root: set tlsverify, "
                + "tlscacert, tlscert and tlskey; or a tunnel (docker -H ssh://USER@HOST) reaches a unix socket");
        }
        if (Metrics is { } address) MetricsServer.Check(address);
    }
}
