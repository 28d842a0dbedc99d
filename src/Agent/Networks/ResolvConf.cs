using System.Net;
using System.Text;

namespace Skiff.Agent.Networks;

/// <summary>
/// The container's /etc/resolv.conf, from the host's and the <c>--dns*</c> options (resolv.conf(5)).
/// </summary>
internal static class ResolvConf
{
    private const string ResolvedUpstream = "/run/systemd/resolve/resolv.conf";
    private const string Resolver = "127.0.0.11";
    private static readonly string[] Fallback = ["8.8.8.8", "8.8.4.4"];

    /// <summary>
    /// The host's file; behind a local systemd-resolved, the one with the real servers. Empty when there is none.
    /// </summary>
    public static string ReadHost(string path = "/etc/resolv.conf", string upstream = ResolvedUpstream)
    {
        string text = Read(path) ?? "";
        return Values(text, "nameserver") is ["127.0.0.53"] ? Read(upstream) ?? text : text;
    }

    /// <summary>
    /// Builds the content. Options given replace the host's of their kind; a search domain <c>.</c> means none.
    /// Loopback servers mean the host itself and are left out, IPv6 ones as well unless the container has IPv6; when
    /// none is left, public ones stand in. With <paramref name="sharesHost"/> (<c>--network host</c>) the host's
    /// servers stay as they are. With <paramref name="resolver"/> the engine's own is the only server, and every name
    /// is asked for as it is first (<c>ndots:0</c>), as with Docker.
    /// </summary>
    public static string Build(
        string host,
        IReadOnlyList<string> servers,
        IReadOnlyList<string> search,
        IReadOnlyList<string> options,
        bool sharesHost = false,
        bool ipv6 = false,
        bool resolver = false)
    {
        if (resolver) servers = [Resolver];
        else if (servers.Count == 0)
            servers = HostServers(host, sharesHost, ipv6);
        if (search.Count == 0) search = LastWords(host, "search", "domain");
        else if (search is ["."]) search = [];
        if (options.Count == 0) options = LastWords(host, "options", "options");
        if (resolver && !options.Any(option => option.StartsWith("ndots:", StringComparison.Ordinal)))
            options = [.. options, "ndots:0"];

        var text = new StringBuilder();
        foreach (string server in servers) text.Append("nameserver ").Append(server).Append('\n');
        if (search.Count > 0) text.Append("search ").AppendJoin(' ', search).Append('\n');
        if (options.Count > 0) text.Append("options ").AppendJoin(' ', options).Append('\n');
        return text.ToString();
    }

    private static IReadOnlyList<string> HostServers(string host, bool sharesHost, bool ipv6)
    {
        List<string> servers = Values(host, "nameserver");
        return sharesHost ? servers : Reachable(servers, ipv6);
    }

    private static string? Read(string path) =>
        StateFile.TryRead(path) is { } content ? Encoding.UTF8.GetString(content) : null;

    private static IReadOnlyList<string> Reachable(List<string> servers, bool ipv6)
    {
        var reachable = new List<string>(servers.Count);
        foreach (string server in servers)
        {
            if (!IPAddress.TryParse(server, out IPAddress? address) || IPAddress.IsLoopback(address)) continue;
            if (ipv6 || !server.Contains(':')) reachable.Add(server);
        }
        return reachable.Count > 0 ? reachable : Fallback;
    }

    /// <summary>The first word of every line with this keyword.</summary>
    private static List<string> Values(string text, string keyword)
    {
        var values = new List<string>();
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
            if (TryWords(line, keyword, out string[] words) && words.Length > 0) values.Add(words[0]);
        return values;
    }

    /// <summary>All words of the last line with one of these keywords: later lines replace earlier ones.</summary>
    private static string[] LastWords(string text, string keyword, string other)
    {
        string[] last = [];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
            if (TryWords(line, keyword, out string[] words) || TryWords(line, other, out words)) last = words;
        return last;
    }

    private static bool TryWords(ReadOnlySpan<char> line, string keyword, out string[] words)
    {
        words = [];
        line = line.Trim();
        if (!line.StartsWith(keyword, StringComparison.Ordinal) || line.Length == keyword.Length
            || !char.IsWhiteSpace(line[keyword.Length])) return false;
        int comment = line.IndexOfAny('#', ';');
        if (comment >= 0) line = line[..comment];
        words = line[keyword.Length..].ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return true;
    }
}
