using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Logins;

/// <summary>The names under which Docker keeps the login of a registry.</summary>
public static class ServerName
{
    /// <summary>Docker Hub's, for historical reasons.</summary>
    public const string DockerHub = "https://index.docker.io/v1/";

    /// <summary>The name that a login is stored under.</summary>
    public static string KeyOf(string registry) => registry == Reference.DefaultRegistry ? DockerHub : registry;

    /// <summary>All names that the login of a registry may have, in the order of precedence.</summary>
    internal static string[] KeysOf(string registry) => registry == Reference.DefaultRegistry
        ? [DockerHub, Reference.DefaultRegistry, Reference.DefaultRegistryAlias] : [registry];

    /// <summary>The registry that a user means: a host, or a URL of it; null or "" is Docker Hub.</summary>
    /// <exception cref="ImageException">It is neither.</exception>
    public static string RegistryOf(string? server)
    {
        string host = server is null or "" ? Reference.DefaultRegistry : HostOf(server);
        if (ReferenceGrammar.WhatIsWrong(host, "any") is { } wrong)
            throw new ImageException($"{wrong}: expected HOST[:PORT]");
        return host is Reference.DefaultRegistryAlias or "registry-1.docker.io" ? Reference.DefaultRegistry : host;
    }

    /// <summary>Host and port of a URL, or of what has no scheme.</summary>
    internal static string HostOf(string url)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? url : url[(scheme + 3)..];
        return rest.IndexOf('/') is >= 0 and var slash ? rest[..slash] : rest;
    }
}
