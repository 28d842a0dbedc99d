using System.Globalization;
using System.Net;

namespace Skiff.Agent.Networks;

/// <summary>
/// Addresses as Go's net.ParseIP takes them, and so docker, and domains as docker takes them. .NET also takes 127.1,
/// 0x7f.1 and numbers with zeros in front, which mean octal to others.
/// </summary>
internal static class AddressText
{
    private const int LongestDomain = 254;

    /// <summary>Whether it is an IPv4 or IPv6 address.</summary>
    public static bool IsAddress(string text) =>
        text.Contains(':') ? IPAddress.TryParse(text, out _) && text[0] != '[' : IsIpv4(text);

    /// <summary>Whether it is an IPv4 address.</summary>
    public static bool IsIpv4(string text)
    {
        string[] parts = text.Split('.');
        return parts.Length == 4 && Array.TrueForAll(parts, part => (part.Length == 1 || !part.StartsWith('0'))
            && byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }

    /// <summary>Whether it is one of those that no router forwards: 169.254.0.0/16 (RFC 3927), fe80::/10.</summary>
    public static bool IsLinkLocal(string text) => IsAddress(text) && IPAddress.Parse(text) is var address
        && (address.IsIPv6LinkLocal || text.StartsWith("169.254.", StringComparison.Ordinal));

    /// <summary>
    /// Whether names are searched in it: labels of letters, digits and dashes. <c>.</c> alone stands for none.
    /// </summary>
    public static bool IsDomain(string text)
    {
        text = text.Trim();
        if (text == ".") return true;
        if (text.EndsWith('.')) text = text[..^1];
        return text.Length <= LongestDomain && text.Any(char.IsAsciiLetter) && Array.TrueForAll(text.Split('.'),
            label => label.Length > 0 && label[0] != '-' && label[^1] != '-'
                && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
    }
}
