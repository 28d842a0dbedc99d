using System.Text;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Dhcp;

/// <summary>Who asks.</summary>
/// <param name="Mac">The interface's Ethernet address: chaddr, and the client identifier.</param>
/// <param name="Name">What the container is called; servers get it as a host name.</param>
internal sealed record DhcpIdentity(MacAddress Mac, string Name)
{
    private const int LongestLabel = 63; // RFC 1035 section 2.3.4.

    /// <summary>Option 12: letters, digits and dashes, as RFC 952 has it; empty when the name has none.</summary>
    public byte[] HostName
    {
        get
        {
            var label = new StringBuilder();
            foreach (char c in Name) label.Append(char.IsAsciiLetterOrDigit(c) ? c : '-');
            if (label.Length > LongestLabel) label.Length = LongestLabel;
            return Encoding.ASCII.GetBytes(label.ToString().Trim('-'));
        }
    }
}
