using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// The addresses in use: one symlink RUNROOT/networks/ID/leases/ADDRESS -> container id each, so that taking one is a
/// single atomic call and a crash leaves a lease that names its container. A cursor under flock goes round the subnet:
/// an address comes back only when all others have had their turn, so that nobody's stale connections or ARP entries
/// meet a newcomer.
/// </summary>
internal sealed class AddressLeases(StateRoots roots, NetworkRecord network)
{
    private readonly string _directory = $"{roots.RunRoot}/networks/{network.Id}/leases";

    /// <summary>Leases <paramref name="wanted"/>, or the next free address when that is null.</summary>
    public IPAddress Acquire(string containerId, IPAddress? wanted)
    {
        using Fd cursor = StateFile.Lock($"{_directory}/cursor");
        return wanted is null ? AcquireNext(cursor, containerId) : AcquireWanted(containerId, wanted);
    }

    /// <summary>Gives an address back; fine when it was not leased.</summary>
    public void Release(IPAddress address)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, $"{_directory}/{address}");
        if (errno is not (Errno.None or Errno.ENOENT))
            throw new LinuxException(errno, "unlinkat", $"{_directory}/{address}");
    }

    /// <summary>All leases with the container that each names.</summary>
    public IEnumerable<(IPAddress Address, string ContainerId)> List()
    {
        foreach (string name in StateFile.Names(_directory))
            if (IPAddress.TryParse(name, out IPAddress? address)
                && Files.TryReadLink($"{_directory}/{name}", out string containerId))
                yield return (address, containerId);
    }

    private IPAddress AcquireNext(Fd cursor, string containerId)
    {
        // Host 0 is the network, the last one the broadcast address.
        uint first = ToNumber(network.Subnet.BaseAddress) + 1;
        uint last = first - 1 + (uint)((1UL << (32 - network.Subnet.PrefixLength)) - 2);
        uint gateway = ToNumber(network.Gateway!);
        Span<byte> bytes = stackalloc byte[4];
        uint next = Files.PRead(cursor, bytes, 0) == 4 ? MemoryMarshal.Read<uint>(bytes) : first;
        for (ulong tried = 0; tried <= last - first; tried++)
        {
            next = next >= last || next < first ? first : next + 1;
            if (next == gateway || !TryLease(containerId, ToAddress(next))) continue;
            MemoryMarshal.Write(bytes, next);
            Files.PWriteAll(cursor, bytes, 0);
            return ToAddress(next);
        }
        throw new UsageException(
            $"no available IPv4 addresses on this network's address pools: {network.Name} ({network.Id})");
    }

    private IPAddress AcquireWanted(string containerId, IPAddress wanted)
    {
        if (!network.Subnet.Contains(wanted))
            throw new UsageException(
                $"invalid address {wanted}: it does not belong to network {network.Name} ({network.Subnet})");
        if (wanted.Equals(network.Gateway) || !TryLease(containerId, wanted))
            throw new UsageException("Address already in use");
        return wanted;
    }

    private bool TryLease(string containerId, IPAddress address)
    {
        Errno errno = Files.TrySymlinkAt(containerId, Fd.Cwd, $"{_directory}/{address}");
        if (errno is Errno.None or Errno.EEXIST) return errno == Errno.None;
        throw new LinuxException(errno, "symlinkat", $"{_directory}/{address}", "lease an address");
    }

    private static uint ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private static IPAddress ToAddress(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
