using System.Net;
using System.Text;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>The container's /etc/hosts, line for line as Docker writes it.</summary>
internal static class HostsFile
{
    private const string HostGateway = "host-gateway";

    private const string Localhost =
        "127.0.0.1\tlocalhost\n"
        + "::1\tlocalhost ip6-localhost ip6-loopback\n"
        + "fe00::\tip6-localnet\n"
        + "ff00::\tip6-mcastprefix\n"
        + "ff02::1\tip6-allnodes\n"
        + "ff02::2\tip6-allrouters\n";

    /// <summary>Builds the content.</summary>
    /// <param name="addresses">The container's addresses; none without a network.</param>
    /// <param name="hostname">The container's host name; with a domain, both forms are written.</param>
    /// <param name="extra">The values of <c>--add-host</c>: <c>name:ip</c>, <c>name=ip</c>; the ip may be
    /// <c>host-gateway</c>.</param>
    /// <param name="gateway">What <c>host-gateway</c> stands for; null when the container has no way to the
    /// host.</param>
    public static string Build(
        IReadOnlyList<IPAddress> addresses, string hostname, IReadOnlyList<string> extra, IPAddress? gateway)
    {
        var text = new StringBuilder(Localhost);
        foreach (string entry in extra)
        {
            (string name, string ip) = ParseExtra(entry);
            text.Append(ip == HostGateway ? Gateway(gateway) : ip).Append('\t').Append(name).Append('\n');
        }
        return text.Append(LinesOf(addresses, hostname)).ToString();
    }

    /// <summary>The lines of the container's own addresses.</summary>
    public static string LinesOf(IReadOnlyList<IPAddress> addresses, string hostname)
    {
        int dot = hostname.IndexOf('.');
        string names = dot > 0 ? $"{hostname} {hostname[..dot]}" : hostname;
        return string.Concat(addresses.Select(address => $"{address}\t{names}\n"));
    }

    /// <summary>Splits and checks one value of <c>--add-host</c>: the address may stand in brackets.</summary>
    /// <exception cref="UsageException">It is none, in docker's words.</exception>
    public static (string Name, string Address) ParseExtra(string entry)
    {
        int split = entry.AsSpan().IndexOfAny(':', '=');
        if (split <= 0) throw Bad($"bad format for add-host: \"{entry}\"");
        (string name, string address) = (entry[..split], entry[(split + 1)..]);
        if (address == HostGateway) return (name, address);
        if (address is ['[', .., ']']) address = address[1..^1];
        if (!AddressText.IsAddress(address)) throw Bad($"invalid IP address in add-host: \"{address}\"");
        return (name, address);

        UsageException Bad(string problem) =>
            new($"invalid argument \"{entry}\" for \"--add-host\" flag: {problem}", 125);
    }

    private static string Gateway(IPAddress? gateway) => gateway?.ToString()
        ?? throw new UsageException("unable to derive the IP value for host-gateway");
}
