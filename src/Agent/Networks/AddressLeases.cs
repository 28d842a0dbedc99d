using System.Net;
using System.Runtime.InteropServices;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// The addresses in use: one symlink RUNROOT/networks/ID/leases/ADDRESS -> container id each, so that taking one is a
/// single atomic call and a crash leaves a lease that names its container. A cursor under flock goes round each subnet:
/// an address comes back only when all others have had their turn, so that nobody's stale connections or ARP entries
/// meet a newcomer.
/// </summary>
internal sealed class AddressLeases(StateRoots roots, string networkId)
{
    private const int CursorSize = sizeof(ulong);

    private readonly string _directory = $"{roots.RunRoot}/networks/{networkId}/leases";

    /// <summary>
    /// Leases <paramref name="wanted"/>, or the next free address of the first pool that has one when that is null.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="ipv6">The family.</param>
    /// <param name="containerId">Who gets it.</param>
    /// <param name="wanted">Of the same family.</param>
    public (IPAddress Address, AddressPool Pool) Acquire(
        NetworkRecord network, bool ipv6, string containerId, IPAddress? wanted)
    {
        using FileLock cursor = StateFile.Lock($"{_directory}/cursor");
        int index = -1;
        foreach (AddressPool pool in network.Pools)
        {
            index++;
            if (pool.IsIpv6 != ipv6) continue;
            if (wanted is not null && !pool.Subnet.Contains(wanted)) continue;
            if ((wanted is null ? TryAcquireNext(pool, cursor.Fd, index, containerId)
                : TryAcquireWanted(pool, containerId, wanted)) is { } address) return (address, pool);
        }
        if (wanted is null) throw new UsageException(
            $"no available IPv{(ipv6 ? 6 : 4)} addresses on this network's address pools: {network.Name} "
            + $"({network.Id})");
        if (network.Pools.Any(pool => pool.Subnet.Contains(wanted)))
            throw UsageException.Forbidden("Address already in use");
        throw new UsageException($"invalid address {wanted}: it does not belong to network {network.Name} "
            + $"({string.Join(", ", network.PoolsOf(ipv6).Select(pool => pool.Subnet))})");
    }

    /// <summary>Remembers who has an address that somebody else gives; who is told to have it now, has it.</summary>
    public void Note(string containerId, IPAddress address)
    {
        using FileLock cursor = StateFile.Lock($"{_directory}/cursor");
        Delete(address);
        TryLease(containerId, address);
    }

    /// <summary>Gives an address back; fine when the container has it no more, whoever else has it by now.</summary>
    public void Release(string containerId, IPAddress address)
    {
        if (OwnerOf(address) == containerId) Delete(address);
    }

    /// <summary>The container that has an address; null when none has.</summary>
    public string? OwnerOf(IPAddress address) =>
        Files.TryReadLink($"{_directory}/{address}", out string containerId) ? containerId : null;

    /// <summary>All leases with the container that each names.</summary>
    public IEnumerable<(IPAddress Address, string ContainerId)> List()
    {
        foreach (string name in StateFile.Names(_directory))
            if (IPAddress.TryParse(name, out IPAddress? address)
                && Files.TryReadLink($"{_directory}/{name}", out string containerId))
                yield return (address, containerId);
    }

    private void Delete(IPAddress address)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, $"{_directory}/{address}");
        if (errno is not (Errno.None or Errno.ENOENT))
            throw new LinuxException(errno, "unlinkat", $"{_directory}/{address}");
    }

    private IPAddress? TryAcquireNext(AddressPool pool, Fd cursor, int index, string containerId)
    {
        (IPNetwork network, ulong first, ulong last) = pool.Assignable();
        if (first > last) return null;
        Span<byte> bytes = stackalloc byte[CursorSize];
        long offset = index * CursorSize;
        ulong next = Files.PRead(cursor, bytes, offset) == CursorSize ? MemoryMarshal.Read<ulong>(bytes) : last;
        for (ulong tried = 0; tried <= last - first; tried++)
        {
            next = next >= last || next < first ? first : next + 1;
            IPAddress address = AddressNumber.At(network, next);
            if (IsTaken(pool, address) || !TryLease(containerId, address)) continue;
            MemoryMarshal.Write(bytes, next);
            Files.PWriteAll(cursor, bytes, offset);
            return address;
        }
        return null;
    }

    private IPAddress? TryAcquireWanted(AddressPool pool, string containerId, IPAddress wanted) =>
        !IsTaken(pool, wanted) && TryLease(containerId, wanted) ? wanted : null;

    private static bool IsTaken(AddressPool pool, IPAddress address) =>
        address.Equals(pool.Gateway) || pool.Auxiliary.ContainsValue(address);

    private bool TryLease(string containerId, IPAddress address)
    {
        Errno errno = Files.TrySymlinkAt(containerId, Fd.Cwd, $"{_directory}/{address}");
        if (errno is Errno.None or Errno.EEXIST) return errno == Errno.None;
        throw new LinuxException(errno, "symlinkat", $"{_directory}/{address}", "lease an address");
    }
}
