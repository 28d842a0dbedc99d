using System.Net;

namespace Skiff.Interop.Netlink;

/// <summary>An address of an interface.</summary>
/// <param name="LinkIndex">The interface.</param>
/// <param name="Address">IPv4 or IPv6.</param>
/// <param name="PrefixLength">Bits of the network part.</param>
/// <param name="IsDuplicate">Another host has it: IPv6 found out before it was used (IFA_F_DADFAILED).</param>
public readonly record struct AddressInfo(int LinkIndex, IPAddress Address, int PrefixLength, bool IsDuplicate = false);
