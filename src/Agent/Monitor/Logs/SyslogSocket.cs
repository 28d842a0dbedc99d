using System.Net;
using System.Net.Sockets;
using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>A connection to a syslog.</summary>
internal sealed class SyslogSocket : IDisposable
{
    private const int TimeoutMs = 10_000;

    // Where the host's own listens, in Docker's order.
    private static readonly string[] s_places = ["/dev/log", "/var/run/syslog", "/var/run/log"];

    private readonly Fd _fd;

    private SyslogSocket(Fd fd, bool isStream) => (_fd, IsStream) = (fd, isStream);

    /// <summary>Whether messages run together.</summary>
    public bool IsStream { get; }

    /// <summary>Connects.</summary>
    /// <exception cref="LinuxException">Nobody listens there.</exception>
    public static SyslogSocket Open(SyslogSettings settings) => settings.Network switch
    {
        "unix" => Unix(settings.Address, UnixSocketType.SOCK_STREAM),
        "unixgram" => Unix(settings.Address, UnixSocketType.SOCK_DGRAM),
        "" => Local(),
        _ => Internet(settings),
    };

    /// <summary>Sends a message, or some whole ones over a stream.</summary>
    public void Send(ReadOnlySpan<byte> messages)
    {
        if (IsStream)
        {
            Files.WriteAll(_fd, messages);
            return;
        }
        Errno errno = Files.TryWrite(_fd, messages, out _);
        if (errno != Errno.None) throw new LinuxException(errno, "send", "syslog");
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static SyslogSocket Local()
    {
        foreach (UnixSocketType type in (ReadOnlySpan<UnixSocketType>)[UnixSocketType.SOCK_DGRAM,
            UnixSocketType.SOCK_STREAM])
            foreach (string place in s_places)
                if (UnixSocket.TryConnect(place, out UnixSocket? socket, type) == Errno.None)
                    return new SyslogSocket(socket!.Fd, type == UnixSocketType.SOCK_STREAM);
        throw new LinuxException(Errno.ENOENT, "connect", s_places[0],
            "Unix syslog delivery error: no syslog listens on this host; name one by --log-opt syslog-address");
    }

    private static SyslogSocket Unix(string path, UnixSocketType type) =>
        new(UnixSocket.Connect(path, type).Fd, type == UnixSocketType.SOCK_STREAM);

    private static SyslogSocket Internet(SyslogSettings settings)
    {
        bool isTcp = settings.Network == "tcp";
        string place = $"{settings.Network}://{settings.Address}:{settings.Port}";
        Errno errno = Errno.EHOSTUNREACH;
        foreach (IPAddress address in Addresses(settings.Address, place))
        {
            errno = InternetSocket.TryConnect(address, settings.Port, isTcp, TimeoutMs, out Fd? fd);
            if (errno == Errno.None) return new SyslogSocket(fd!, isTcp);
        }
        throw new LinuxException(errno, "connect", place);
    }

    private static IPAddress[] Addresses(string host, string place)
    {
        try
        {
            return System.Net.Dns.GetHostAddresses(host);
        }
        catch (SocketException e)
        {
            throw new LinuxException(Errno.EHOSTUNREACH, "getaddrinfo", place, e.Message);
        }
    }
}
