using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Monitor;

/// <summary>The addresses of a name, and what tells whether they still are.</summary>
/// <param name="name">As it is asked for; empty addresses if nobody is called so.</param>
internal sealed class FoundName(byte[] name) : IDisposable
{
    private readonly List<FileStamp> _stamps = [];
    private readonly List<byte> _v4 = [], _v6 = [];

    /// <summary>IPv4 addresses, 4 bytes each.</summary>
    public ReadOnlySpan<byte> V4 => CollectionsMarshal.AsSpan(_v4);

    /// <summary>IPv6 addresses, 16 bytes each.</summary>
    public ReadOnlySpan<byte> V6 => CollectionsMarshal.AsSpan(_v6);

    /// <summary>Whether it may be kept at all.</summary>
    public bool IsSettled => _stamps.TrueForAll(stamp => stamp.IsSettled);

    /// <summary>Whether this is it.</summary>
    public bool IsOf(ReadOnlySpan<byte> other) => other.SequenceEqual(name);

    /// <summary>Whether it would be found so again.</summary>
    public bool IsCurrent() => _stamps.TrueForAll(stamp => stamp.IsCurrent());

    /// <summary>Ends what tells so; the addresses stay.</summary>
    public void Dispose() => _stamps.ForEach(stamp => stamp.Dispose());

    /// <summary>Adds a place where it is looked for next.</summary>
    public void Add(FileStamp stamp) => _stamps.Add(stamp);

    /// <summary>Adds an address that was found.</summary>
    public void Add(IPAddress address) =>
        (address.AddressFamily == AddressFamily.InterNetwork ? _v4 : _v6).AddRange(address.GetAddressBytes());
}
