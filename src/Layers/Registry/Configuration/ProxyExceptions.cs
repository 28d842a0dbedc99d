using System.Globalization;
using System.Net;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>
/// NO_PROXY: names (<c>example.com</c> with everything below it, <c>.example.com</c> and <c>*.example.com</c> only what
/// is below), addresses, networks (<c>10.0.0.0/8</c>), each but the last also with a port, or <c>*</c> for everything.
/// </summary>
internal sealed class ProxyExceptions
{
    private readonly List<IPNetwork> _networks = [];
    private readonly List<(IPAddress Address, int? Port)> _addresses = [];
    private readonly List<(string Suffix, bool WithItself, int? Port)> _names = [];
    private readonly bool _everything;

    /// <summary>Reads a list; what is none of these covers nothing.</summary>
    public ProxyExceptions(string list)
    {
        foreach (string one in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string item = one.ToLowerInvariant();
            if (item == "*") _everything = true;
            else if (item.Contains('/')) AddNetwork(item);
            else AddHost(item);
        }
    }

    /// <summary>Whether a URL's host is reached without proxy.</summary>
    public bool Cover(Uri destination)
    {
        string host = destination.Host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        bool isAddress = IPAddress.TryParse(host, out IPAddress? address);
        if (_everything || host == "localhost" || (isAddress && IPAddress.IsLoopback(address!))) return true;
        return isAddress ? CoverAddress(address!, destination.Port) : CoverName(host, destination.Port);
    }

    // A network with bits after its length, 10.1.2.3/8, is the network that the address is in.
    private void AddNetwork(string item)
    {
        int slash = item.IndexOf('/');
        if (!IPAddress.TryParse(item.AsSpan(0, slash), out IPAddress? address)
            || !int.TryParse(item.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length))
            return;
        byte[] bytes = address.GetAddressBytes();
        if (length > bytes.Length * 8) return;
        for (int bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        _networks.Add(new IPNetwork(new IPAddress(bytes), length));
    }

    private void AddHost(string item)
    {
        int? port = null;
        int colon = item.LastIndexOf(':');
        bool isBareIPv6 = colon > item.IndexOf(':') && !item.Contains('[');
        if (colon >= 0 && !isBareIPv6 && !item.EndsWith(']'))
        {
            if (!ushort.TryParse(item.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture,
                out ushort number)) return;
            (port, item) = (number, item[..colon]);
        }
        item = item.Trim('[', ']');
        if (IPAddress.TryParse(item, out IPAddress? address))
        {
            _addresses.Add((address, port));
            return;
        }
        if (item.StartsWith("*.", StringComparison.Ordinal)) item = item[1..];
        if (item.Length > 0) _names.Add(item[0] == '.' ? (item, false, port) : ("." + item, true, port));
    }

    private bool CoverAddress(IPAddress address, int port)
    {
        foreach (IPNetwork network in _networks)
            if (network.Contains(address)) return true;
        foreach ((IPAddress one, int? itsPort) in _addresses)
            if (one.Equals(address) && (itsPort ?? port) == port) return true;
        return false;
    }

    private bool CoverName(string host, int port)
    {
        foreach ((string suffix, bool withItself, int? itsPort) in _names)
            if ((itsPort ?? port) == port && (host.EndsWith(suffix, StringComparison.Ordinal)
                || (withItself && host.AsSpan().SequenceEqual(suffix.AsSpan(1))))) return true;
        return false;
    }
}
