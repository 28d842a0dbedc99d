using System.Net;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Dns;

/// <summary>
/// One question to one server, over a socket of its own: so each has a random port beside its random id, and only that
/// server can answer. By UDP, and then by TCP if the answer does not fit.
/// </summary>
internal sealed class ServerExchange : IDisposable
{
    private const int LengthBytes = 2;

    private readonly EventLoop _loop;
    private readonly Action<ServerExchange> _onEvent;
    private byte[] _tcp = [];
    private int _done;
    private bool _isReading;

    private ServerExchange(EventLoop loop, PendingQuestion question, IPAddress server, ushort id, Fd socket,
        Action<ServerExchange> onEvent)
    {
        (_loop, Question, Server, Id, Socket, _onEvent) = (loop, question, server, id, socket, onEvent);
    }

    /// <summary>What is asked.</summary>
    public PendingQuestion Question { get; }

    /// <summary>Who is asked.</summary>
    public IPAddress Server { get; }

    /// <summary>What the answer has to repeat.</summary>
    public ushort Id { get; }

    /// <summary>Whether it goes over TCP.</summary>
    public bool IsTcp => _tcp.Length > 0;

    private Fd Socket { get; }

    /// <summary>
    /// Asks, by UDP at first. Null when that fails at once. <paramref name="onEvent"/> is called whenever
    /// <see cref="TryReceive"/> may have more.
    /// </summary>
    public static ServerExchange? Begin(EventLoop loop, PendingQuestion question, IPAddress server, ushort port,
        ushort id, bool isTcp, Action<ServerExchange> onEvent)
    {
        if (InternetSocket.TryBegin(server, port, isTcp, out Fd? socket) != Errno.None) return null;
        var exchange = new ServerExchange(loop, question, server, id, socket!, onEvent);
        if (isTcp) exchange._tcp = exchange.Framed();
        else if (!exchange.TrySend())
        {
            socket!.Dispose();
            return null;
        }
        loop.Watch(socket!, isTcp ? EpollEvents.EPOLLOUT : EpollEvents.EPOLLIN, _ => exchange._onEvent(exchange));
        return exchange;
    }

    /// <summary>Sends the datagram, or sends it again. False when the kernel knows that nobody is there.</summary>
    public bool TrySend()
    {
        if (IsTcp) return true;
        DnsHeader.Set(Question.Packet, 0, Id);
        return Files.TryWrite(Socket, Question.Packet, out _) is Errno.None or Errno.EAGAIN;
    }

    /// <summary>
    /// Goes on. EAGAIN: nothing to look at yet. None: a message is there, in the buffer or, by TCP, an array of its
    /// own. Anything else: it has failed.
    /// </summary>
    public Errno TryReceive(Span<byte> buffer, out Span<byte> message)
    {
        message = default;
        if (IsTcp) return _isReading ? ReadTcp(out message) : WriteTcp();
        Errno errno = Files.TryRead(Socket, buffer, out int count);
        if (errno == Errno.None) message = buffer[..count];
        return errno;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Forget(Socket);
        Socket.Dispose();
    }

    private byte[] Framed()
    {
        byte[] packet = new byte[LengthBytes + Question.Packet.Length];
        DnsHeader.Set(Question.Packet, 0, Id);
        DnsHeader.Set(packet, 0, Question.Packet.Length);
        Question.Packet.CopyTo(packet, LengthBytes);
        return packet;
    }

    private Errno WriteTcp()
    {
        Errno errno = Files.TryWrite(Socket, _tcp.AsSpan(_done), out int count);
        if (errno != Errno.None) return errno;
        _done += count;
        if (_done < _tcp.Length) return Errno.EAGAIN;
        _loop.Rewatch(Socket, EpollEvents.EPOLLIN);
        (_tcp, _done, _isReading) = (new byte[LengthBytes], 0, true);
        return Errno.EAGAIN;
    }

    // First the length alone, then as much as it says.
    private Errno ReadTcp(out Span<byte> message)
    {
        message = default;
        Errno errno = Files.TryRead(Socket, _tcp.AsSpan(_done), out int count);
        if (errno != Errno.None) return errno;
        if (count == 0) return Errno.ECONNRESET;
        _done += count;
        if (_done < _tcp.Length) return Errno.EAGAIN;
        if (_tcp.Length > LengthBytes)
        {
            message = _tcp;
            return Errno.None;
        }
        int length = DnsHeader.Get(_tcp, 0);
        if (length < DnsHeader.Bytes) return Errno.EBADMSG;
        (_tcp, _done) = (new byte[length], 0);
        return Errno.EAGAIN;
    }
}
