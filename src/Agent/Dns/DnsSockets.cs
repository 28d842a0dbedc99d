using System.Net;
using Skiff.Interop;
using Skiff.Interop.Ebpf;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Dns;

/// <summary>
/// The sockets that listen inside the container's namespace. They have ports that the kernel chooses, and what is sent
/// to port 53 of their address is steered to them (docs/decisions/023), so that a container can have a name server of
/// its own on port 53 of all its addresses.
/// </summary>
internal sealed class DnsSockets : IDisposable
{
    /// <summary>The port that clients send to.</summary>
    public const ushort Port = 53;

    private const int ReceiveBytes = 512 << 10; // The kernel doubles it.

    private readonly Fd? _raw;
    private readonly SocketSteering? _steering;

    private DnsSockets(Fd udp, Fd tcp, Fd? raw, SocketSteering? steering) =>
        (Udp, Tcp, _raw, _steering) = (udp, tcp, raw, steering);

    /// <summary>The address that clients send to.</summary>
    public static IPAddress Address { get; } = new([127, 0, 0, 11]);

    /// <summary>Receives questions.</summary>
    public Fd Udp { get; }

    /// <summary>Accepts connections.</summary>
    public Fd Tcp { get; }

    /// <summary>Sends answers.</summary>
    public Fd Sender => _raw ?? Udp;

    /// <summary>Whether answers have to say themselves where they come from.</summary>
    public bool IsSteered => _steering is not null;

    /// <summary>
    /// Opens them. Where the kernel does not let us steer (without root, or before Linux 5.9), port 53 itself is
    /// bound; EADDRINUSE then means that the container has it already.
    /// </summary>
    public static DnsSockets Open(Fd netNamespace, bool steer = true)
    {
        if (steer && TryOpenSteered(netNamespace) is { } steered) return steered;
        using (new NetNamespaceScope(netNamespace))
        {
            Fd udp = Bind(Port, isTcp: false);
            try
            {
                return new DnsSockets(udp, Bind(Port, isTcp: true), null, null);
            }
            catch
            {
                udp.Dispose();
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _steering?.Dispose();
        _raw?.Dispose();
        Udp.Dispose();
        Tcp.Dispose();
    }

    private static DnsSockets? TryOpenSteered(Fd netNamespace)
    {
        Fd? udp = null, tcp = null, raw;
        try
        {
            using (new NetNamespaceScope(netNamespace))
            {
                udp = Bind(0, isTcp: false);
                tcp = Bind(0, isTcp: true);
                InternetSocket.TryOpenRaw(out raw);
            }
            if (raw is not null && SocketSteering.TryAttach(netNamespace, Address, Port, udp, tcp,
                out SocketSteering? steering) == Errno.None) return new DnsSockets(udp, tcp, raw, steering);
            raw?.Dispose();
        }
        catch
        {
            Close(udp, tcp);
            throw;
        }
        Close(udp, tcp);
        return null;
    }

    private static void Close(Fd? udp, Fd? tcp)
    {
        udp?.Dispose();
        tcp?.Dispose();
    }

    private static Fd Bind(ushort port, bool isTcp)
    {
        Errno errno = InternetSocket.TryBind(Address, port, isTcp, out Fd? socket);
        // Room for a thousand clients who ask at the same moment.
        if (errno == Errno.None && !isTcp) InternetSocket.SetReceiveBuffer(socket!, ReceiveBytes);
        return errno == Errno.None ? socket! : throw new LinuxException(errno, "bind",
            $"{Address}:{port} ({(isTcp ? "tcp" : "udp")})", "starting the container's resolver");
    }
}
