using System.Net;
using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Dns;

/// <summary>
/// Which servers are asked: those of <c>--dns</c>, or else the host's. The host's file is looked at when a question
/// comes, once a second at most, so that a container that asks nothing costs nothing.
/// </summary>
internal sealed class UpstreamServers(DnsOptions options)
{
    private const int MaxServers = 3; // As in the C library: MAXNS.
    private const int LookEveryMs = 1000;
    private const long PreferForMs = 30_000;

    private static readonly IPAddress s_own = new([127, 0, 0, 11]);

    private long _lookAt = long.MinValue;
    private (ulong Ino, long Seconds, uint Nanoseconds, long Size) _seen;
    private IPAddress[] _fromOutside = [], _fromInside = [];
    private int _preferred;
    private long _preferredUntil;

    /// <summary>When they last became others: what was learned before is not fresh any more.</summary>
    public long ChangedMs { get; private set; } = long.MinValue;

    /// <summary>The servers, best one first; the array is shared and stays as it is.</summary>
    /// <param name="inside">They are to be asked from inside the container's namespace.</param>
    /// <param name="nowMs">A clock that no one sets.</param>
    /// <param name="first">Where to begin in it.</param>
    public IPAddress[] Current(bool inside, long nowMs, out int first)
    {
        if (nowMs >= _lookAt) Look(nowMs);
        IPAddress[] servers = inside ? _fromInside : _fromOutside;
        first = nowMs < _preferredUntil && _preferred < servers.Length ? _preferred : 0;
        return servers;
    }

    /// <summary>Begins with this server for a while: it has answered where another one has not.</summary>
    public void Prefer(IPAddress server, IPAddress[] servers, long nowMs)
    {
        _preferred = Math.Max(0, Array.IndexOf(servers, server));
        _preferredUntil = nowMs + PreferForMs;
    }

    private void Look(long nowMs)
    {
        bool isFirst = _lookAt == long.MinValue;
        _lookAt = nowMs + LookEveryMs;
        if (options.Servers.Count > 0)
        {
            _lookAt = long.MaxValue;
            Take([.. options.Servers], areChosen: true);
            return;
        }
        (ulong, long, uint, long) seen = default;
        if (Files.TryStatAt(Fd.Cwd, options.ResolvConf, AtFlags.None, out FileStatus status) == Errno.None)
            seen = (status.Ino, status.MtimeSeconds, status.MtimeNanoseconds, status.Size);
        if (seen == _seen && !isFirst) return;
        _seen = seen;
        _preferredUntil = 0;
        List<IPAddress> servers = Read(options.ResolvConf);
        Take(servers.Count > 0 ? servers : [.. options.Fallback], areChosen: false);
        ChangedMs = nowMs;
    }

    private void Take(List<IPAddress> servers, bool areChosen)
    {
        // Where the host is a container itself, this may be its only server. Otherwise it was copied out of one.
        if (servers.Exists(server => !server.Equals(s_own))) servers.RemoveAll(server => server.Equals(s_own));
        _fromOutside = Shorten(servers);
        // The host's loopback is not there inside, and what is there is us.
        servers.RemoveAll(server => server.Equals(s_own) || !areChosen && IPAddress.IsLoopback(server));
        _fromInside = Shorten(servers);
    }

    private static IPAddress[] Shorten(List<IPAddress> servers)
    {
        var different = new List<IPAddress>(MaxServers);
        foreach (IPAddress server in servers)
            if (different.Count < MaxServers && !different.Contains(server)) different.Add(server);
        return [.. different];
    }

    /// <summary>The addresses in <c>nameserver</c> lines (resolv.conf(5)); what is none is passed over.</summary>
    internal static List<IPAddress> Read(string path)
    {
        var servers = new List<IPAddress>();
        if (Files.TryReadAllBytes(Fd.Cwd, path, out byte[] content) != Errno.None) return servers;
        foreach (ReadOnlySpan<char> whole in Encoding.UTF8.GetString(content).AsSpan().EnumerateLines())
        {
            const string Keyword = "nameserver";
            ReadOnlySpan<char> line = whole.Trim();
            if (!line.StartsWith(Keyword) || line.Length == Keyword.Length || !char.IsWhiteSpace(line[Keyword.Length]))
                continue;
            line = line[Keyword.Length..].Trim();
            int end = line.IndexOfAny(" \t#;");
            if (IPAddress.TryParse(end < 0 ? line : line[..end], out IPAddress? address)) servers.Add(address);
        }
        return servers;
    }
}
