using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>The value of <c>--network</c>.</summary>
/// <param name="Kind">What kind of network the container gets.</param>
/// <param name="Name">The network's name, or the other container's name or id; empty for host and none.</param>
internal sealed record NetworkMode(NetworkModeKind Kind, string Name)
{
    private const string ContainerPrefix = "container:";

    /// <summary>The default bridge.</summary>
    public static NetworkMode Default { get; } = new(NetworkModeKind.Network, NetworkNames.DefaultNetwork);

    /// <summary>
    /// Reads <c>bridge</c>, <c>default</c>, <c>host</c>, <c>none</c>, <c>container:NAME|ID</c> or a network's name.
    /// </summary>
    public static NetworkMode Parse(string text)
    {
        if (text is "" or "default" or NetworkNames.DefaultNetwork) return Default;
        if (text == "host") return new NetworkMode(NetworkModeKind.Host, "");
        if (text == "none") return new NetworkMode(NetworkModeKind.None, "");
        if (!text.StartsWith(ContainerPrefix, StringComparison.Ordinal))
            return new NetworkMode(NetworkModeKind.Network, text);
        string container = text[ContainerPrefix.Length..];
        if (container.Length == 0) throw new UsageException("invalid container format container:<name|id>");
        return new NetworkMode(NetworkModeKind.Container, container);
    }

    /// <summary>As <c>docker inspect</c> shows it in HostConfig.NetworkMode.</summary>
    public override string ToString() => Kind switch
    {
        NetworkModeKind.Host => "host",
        NetworkModeKind.None => "none",
        NetworkModeKind.Container => ContainerPrefix + Name,
        _ => Name,
    };
}
