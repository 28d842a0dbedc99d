using System.Net;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Values;

/// <summary>A line for the container's /etc/hosts: the value of <c>--add-host</c>.</summary>
/// <param name="Name">The host name.</param>
/// <param name="Address">An IP address, or <see cref="Gateway"/>.</param>
internal readonly record struct HostEntry(string Name, string Address)
{
    /// <summary>Stands for the address by which the container reaches its host.</summary>
    public const string Gateway = "host-gateway";

    /// <summary>Reads <c>name:ip</c> or <c>name=ip</c>; an IPv6 address may stand in brackets.</summary>
    /// <exception cref="UsageException">Docker's words for what is wrong.</exception>
    public static HostEntry Parse(string text)
    {
        int at = text.IndexOf('=');
        if (at < 0) at = text.IndexOf(':');
        if (at <= 0) throw Invalid(text, $"bad format for add-host: \"{text}\"");
        (string name, string address) = (text[..at], text[(at + 1)..]);
        if (address.StartsWith('[') && address.EndsWith(']')) address = address[1..^1];
        // Four parts are asked for, since IPAddress also takes short forms such as 127.1.
        bool valid = IPAddress.TryParse(address, out _) && (address.Contains(':') || address.Split('.').Length == 4);
        if (address != Gateway && !valid) throw Invalid(text, $"invalid IP address in add-host: \"{address}\"");
        return new HostEntry(name, address);
    }

    private static UsageException Invalid(string text, string problem) =>
        new($"invalid argument \"{text}\" for \"--add-host\" flag: {problem}", 125);
}
