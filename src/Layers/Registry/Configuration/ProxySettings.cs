using System.Net;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>
/// Proxies as the environment gives them, with the rules that Go programs follow (golang.org/x/net/http/httpproxy),
/// docker among them: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals first. Loopback addresses never go through one.
/// </summary>
public sealed class ProxySettings : IWebProxy
{
    private readonly Uri? _http, _https;
    private readonly ProxyExceptions _exceptions;

    /// <summary>From an environment.</summary>
    /// <param name="variable">Gives a variable's value, or null.</param>
    /// <exception cref="Oci.ImageException">One of them is no URL.</exception>
    public ProxySettings(Func<string, string?> variable)
    {
        _http = Proxy(variable, "HTTP_PROXY");
        _https = Proxy(variable, "HTTPS_PROXY");
        _exceptions = new ProxyExceptions(Either(variable, "NO_PROXY") ?? "");
    }

    /// <summary>The login that a proxy's URL holds.</summary>
    public ICredentials? Credentials { get; set; } = new UrlCredentials();

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination)
    {
        Uri? proxy = destination.Scheme == Uri.UriSchemeHttps ? _https : _http;
        return proxy is null || _exceptions.Cover(destination) ? null : proxy;
    }

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => GetProxy(host) is null;

    private static string? Either(Func<string, string?> variable, string name) =>
        variable(name) is { Length: > 0 } capitals ? capitals
            : variable(name.ToLowerInvariant()) is { Length: > 0 } small ? small : null;

    // A host alone is a proxy, too. What is wrong is not shown: it may hold a password.
    private static Uri? Proxy(Func<string, string?> variable, string name)
    {
        if (Either(variable, name) is not { } text) return null;
        string url = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        bool isProxy = Uri.TryCreate(url, UriKind.Absolute, out Uri? proxy) && proxy.Host.Length > 0
            && proxy.Scheme is "http" or "https" or "socks5" or "socks5h";
        return isProxy ? proxy : throw new Oci.ImageException(
            $"bad {name} in the environment: expected a URL such as http://proxy.example:3128");
    }

    private sealed class UrlCredentials : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType)
        {
            string[] parts = uri.UserInfo.Split(':', 2);
            return uri.UserInfo.Length == 0 ? null : new NetworkCredential(
                Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
        }
    }
}
