using System.Net;
using System.Text;
using Skiff.Agent.Dns;

namespace Skiff.Agent.Tests.Dns;

/// <summary>A table of names that tests fill.</summary>
internal sealed class FakeNames : INameTable
{
    private readonly Dictionary<string, (byte[] V4, byte[] V6)> _names = [];
    private readonly Dictionary<string, byte[]> _addresses = [];

    public bool ReachesOutside { get; set; } = true;

    public void Dispose() { }

    public FakeNames Add(string name, params string[] addresses)
    {
        IPAddress[] all = [.. addresses.Select(IPAddress.Parse)];
        _names[name] = ([.. all.Select(a => a.GetAddressBytes()).Where(a => a.Length == 4).SelectMany(a => a)],
            [.. all.Select(a => a.GetAddressBytes()).Where(a => a.Length == 16).SelectMany(a => a)]);
        return this;
    }

    public FakeNames AddReverse(string address, string name)
    {
        _addresses[Convert.ToHexString(IPAddress.Parse(address).GetAddressBytes())] = Encoding.ASCII.GetBytes(name);
        return this;
    }

    public bool TryFind(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> v4, out ReadOnlySpan<byte> v6)
    {
        bool found = _names.TryGetValue(Encoding.ASCII.GetString(name), out var addresses);
        v4 = addresses.V4;
        v6 = addresses.V6;
        return found;
    }

    public bool TryFindName(scoped ReadOnlySpan<byte> address, out ReadOnlySpan<byte> name)
    {
        bool found = _addresses.TryGetValue(Convert.ToHexString(address), out byte[]? bytes);
        name = bytes;
        return found;
    }
}
