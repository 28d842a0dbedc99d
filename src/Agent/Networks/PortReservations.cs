using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// Who owns which host port: one symlink RUNROOT/networks/ports/tcp-8080 whose target lists <c>address containerId</c>
/// pairs, joined by commas. A port free on all addresses is reserved by one call. All changes happen under one lock;
/// nothing is held open, so a program of the host may still bind a port later (the published port then wins, except on
/// loopback proxies).
/// </summary>
internal sealed class PortReservations(StateRoots roots)
{
    private readonly string _directory = roots.RunRoot + "/networks/ports";

    /// <summary>
    /// Reserves the host port of every mapping, choosing where a mapping leaves the choice; all or none. The result
    /// has definite ports. A port counts as taken when a container has it on an overlapping address or when the host
    /// listens on it.
    /// </summary>
    public PortMapping[] Reserve(string containerId, IReadOnlyList<PortMapping> mappings)
    {
        if (mappings.Count == 0) return [];
        using FileLock held = StateFile.Lock(_directory + "/lock");
        var reserved = new List<PortMapping>(mappings.Count);
        try
        {
            foreach (PortMapping mapping in mappings) reserved.Add(Reserve(held, containerId, mapping));
        }
        catch
        {
            foreach (PortMapping mapping in reserved) Release(containerId, mapping);
            throw;
        }
        return [.. reserved];
    }

    /// <summary>Gives ports back; those that the container does not own stay as they are.</summary>
    public void Release(string containerId, IReadOnlyList<PortMapping> mappings)
    {
        if (mappings.Count == 0) return;
        using FileLock held = StateFile.Lock(_directory + "/lock");
        foreach (PortMapping mapping in mappings) Release(containerId, mapping);
    }

    /// <summary>Gives back every port whose owner <paramref name="isLive"/> denies.</summary>
    public void Prune(Func<string, bool> isLive)
    {
        if (StateFile.Names(_directory) is not { Count: > 0 } names) return;
        using FileLock held = StateFile.Lock(_directory + "/lock");
        foreach (string name in names)
            if (Files.TryReadLink($"{_directory}/{name}", out string owners))
                Rewrite($"{_directory}/{name}", owners, (_, containerId) => isLive(containerId));
    }

    private PortMapping Reserve(FileLock held, string containerId, PortMapping mapping)
    {
        if (mapping.HostPort == 0) return ReserveEphemeral(held, containerId, mapping);
        string? reason = null;
        for (int port = mapping.HostPort; port <= mapping.HostPortEnd; port++)
        {
            PortMapping candidate = mapping with { HostPort = (ushort)port, HostPortEnd = (ushort)port };
            reason = TryReserve(containerId, candidate);
            if (reason is null) return candidate;
        }
        throw new UsageException(reason!);
    }

    private PortMapping ReserveEphemeral(FileLock held, string containerId, PortMapping mapping)
    {
        (ushort first, ushort last) = EphemeralRange();
        Span<byte> bytes = stackalloc byte[2];
        ushort next = Files.PRead(held.Fd, bytes, 0) == 2 ? MemoryMarshal.Read<ushort>(bytes) : last;
        for (int tried = 0; tried <= last - first; tried++)
        {
            next = next >= last || next < first ? first : (ushort)(next + 1);
            PortMapping candidate = mapping with { HostPort = next, HostPortEnd = next };
            if (TryReserve(containerId, candidate) is not null) continue;
            MemoryMarshal.Write(bytes, next);
            Files.PWriteAll(held.Fd, bytes, 0);
            return candidate;
        }
        throw new UsageException("all ports are allocated");
    }

    /// <summary>Null on success, otherwise why not, in Docker's words.</summary>
    private string? TryReserve(string containerId, PortMapping mapping)
    {
        string path = PathOf(mapping);
        string entry = $"{mapping.HostAddress} {containerId}";
        Errno errno = Files.TrySymlinkAt(entry, Fd.Cwd, path);
        if (errno == Errno.EEXIST)
        {
            Files.TryReadLink(path, out string owners);
            if (Overlaps(owners, mapping.HostAddress))
                return $"Bind for {mapping.HostText} failed: port is already allocated";
            Replace(path, $"{owners},{entry}");
        }
        else if (errno != Errno.None)
            throw new LinuxException(errno, "symlinkat", path, "reserve a port");

        string? refusal = ProbeHost(mapping);
        if (refusal is not null) Release(containerId, mapping);
        return refusal;
    }

    private static string? ProbeHost(PortMapping mapping)
    {
        Errno errno = PortProbe.TryBind((int)mapping.Protocol, mapping.HostAddress, mapping.HostPort);
        string prefix = $"failed to bind host port {mapping.HostText}/{mapping.ProtocolName}: ";
        return errno switch
        {
            Errno.EADDRINUSE => prefix + "address already in use",
            // A kernel without SCTP sockets has no listener to collide with.
            Errno.None or Errno.EPROTONOSUPPORT => null,
            _ => prefix + ErrnoText.Of(errno),
        };
    }

    private void Release(string containerId, PortMapping mapping)
    {
        string path = PathOf(mapping);
        string address = mapping.HostAddress.ToString();
        if (Files.TryReadLink(path, out string owners))
            Rewrite(path, owners, (a, id) => a != address || id != containerId);
    }

    /// <summary>Keeps the owners that the predicate accepts; the symlink goes with the last one.</summary>
    private static void Rewrite(string path, string owners, Func<string, string, bool> keep)
    {
        var kept = new List<string>();
        string[] entries = owners.Split(',');
        foreach (string entry in entries)
            if (entry.Split(' ') is [var address, var containerId] && keep(address, containerId)) kept.Add(entry);
        if (kept.Count == entries.Length) return;
        if (kept.Count > 0)
        {
            Replace(path, string.Join(',', kept));
            return;
        }
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, path);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlinkat", path);
    }

    private static void Replace(string path, string owners)
    {
        string temporary = path + ".tmp";
        Files.TryUnlinkAt(Fd.Cwd, temporary);
        Errno errno = Files.TrySymlinkAt(owners, Fd.Cwd, temporary);
        if (errno != Errno.None) throw new LinuxException(errno, "symlinkat", temporary, "reserve a port");
        Files.Rename(temporary, path);
    }

    private static bool Overlaps(string owners, IPAddress address)
    {
        foreach (string entry in owners.Split(','))
        {
            IPAddress owner = IPAddress.Parse(entry.Split(' ')[0]);
            if (owner.AddressFamily == address.AddressFamily
                && (IsAny(address) || IsAny(owner) || owner.Equals(address))) return true;
        }
        return false;
    }

    private static bool IsAny(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private string PathOf(PortMapping mapping) => $"{_directory}/{mapping.ProtocolName}-{mapping.HostPort}";

    private static (ushort First, ushort Last) EphemeralRange()
    {
        byte[] content = StateFile.TryRead("/proc/sys/net/ipv4/ip_local_port_range") ?? "32768 60999"u8.ToArray();
        string text = Encoding.ASCII.GetString(content);
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        CultureInfo culture = CultureInfo.InvariantCulture;
        return (ushort.Parse(words[0], culture), ushort.Parse(words[1], culture));
    }
}
