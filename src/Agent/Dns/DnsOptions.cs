using System.Net;

namespace Skiff.Agent.Dns;

/// <summary>What a container's resolver is told at its start.</summary>
internal sealed record DnsOptions
{
    /// <summary>The host's file.</summary>
    public const string HostFile = "/etc/resolv.conf";

    /// <summary>The servers of <c>--dns</c>; when there are any, the host's are not asked.</summary>
    public IReadOnlyList<IPAddress> Servers { get; init; } = [];

    /// <summary>Where the host's servers are read, and read again when it has changed.</summary>
    public string ResolvConf { get; init; } = HostFile;

    /// <summary>Asked when the host names no server at all: those that Docker takes.</summary>
    public IReadOnlyList<IPAddress> Fallback { get; init; } =
        [new IPAddress([8, 8, 8, 8]), new IPAddress([8, 8, 4, 4])];

    /// <summary>Whether servers are asked from the container's namespace instead of the host's.</summary>
    public bool AskFromInside { get; init; }

    /// <summary>
    /// Whether addresses of names without a dot are not asked for outside: with <c>--dns-opt ndots:1</c> or more, the
    /// client is to try its search domains first.
    /// </summary>
    public bool KeepSingleLabels { get; init; }

    /// <summary>The most memory that remembered answers take; 0 remembers none.</summary>
    public int CacheBytes { get; init; } = 64 << 10;

    /// <summary>The port of all servers.</summary>
    public ushort ServerPort { get; init; } = 53;
}
