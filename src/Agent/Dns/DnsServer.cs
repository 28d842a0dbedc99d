using System.Buffers.Binary;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Dns;

/// <summary>
/// A container's resolver, on 127.0.0.11 inside its network namespace. Names of containers it answers itself, for
/// everything else it asks the servers of the host, and remembers what they say. It lives in the monitor's loop and
/// needs nobody else; until the first question comes it has no more than its sockets.
/// </summary>
internal sealed class DnsServer : IDisposable
{
    private const int BatchCount = 16, RoundsAtOnce = 8;
    private const int LongBytes = ushort.MaxValue, LengthBytes = 2;
    private const ushort InternetClass = 1;
    private const uint LocalTtl = 600, StaleTtl = 30;

    private readonly EventLoop _loop;
    private readonly DnsOptions _options;
    private readonly INameTable _names;
    private readonly Fd _namespace;
    private readonly DnsSockets _sockets;
    private readonly RandomPool _random = new();
    private readonly UpstreamServers _servers;
    private readonly DnsCache _cache;
    private readonly Forwarder _forwarder;
    private readonly TcpClients _clients;
    private readonly byte[] _key = new byte[QuestionKey.MaxBytes];
    private readonly byte[] _text = new byte[DnsName.MaxBytes];
    private DatagramBatch? _batch;
    private byte[] _long = [];
    private bool _isDraining;

    private DnsServer(EventLoop loop, Fd netNamespace, DnsSockets sockets, DnsOptions options, INameTable names)
    {
        (_loop, _namespace, _sockets, _options, _names) = (loop, netNamespace, sockets, options, names);
        _servers = new UpstreamServers(options);
        _cache = new DnsCache(options.CacheBytes, _random.Next());
        _forwarder = new Forwarder(loop, options, _servers, _cache, _random, netNamespace, Reply);
        _clients = new TcpClients(loop, sockets.Tcp, OnTcp);
        loop.Watch(sockets.Udp, EpollEvents.EPOLLIN, _ => OnDatagrams());
    }

    /// <summary>
    /// Opens the sockets, and answers as long as the loop runs. A later one of another process can take over at any
    /// time: nothing of it is left in the namespace when it ends, however it does.
    /// </summary>
    /// <param name="loop">The monitor's.</param>
    /// <param name="netNamespace">
    /// The container's, an nsfs descriptor; a copy of it is kept. Its loopback device has to be up.
    /// </param>
    /// <param name="options">Whom to ask.</param>
    /// <param name="names">What the container may know of its networks.</param>
    /// <param name="steer">For tests: false binds port 53 itself, as where the kernel cannot steer.</param>
    /// <exception cref="LinuxException">EADDRNOTAVAIL: loopback is down. EADDRINUSE: see <see cref="DnsSockets"/>.
    /// </exception>
    public static DnsServer Start(
        EventLoop loop, Fd netNamespace, DnsOptions options, INameTable names, bool steer = true)
    {
        Fd kept = Files.Dup(netNamespace);
        try
        {
            return new DnsServer(loop, kept, DnsSockets.Open(kept, steer), options, names);
        }
        catch
        {
            kept.Dispose();
            throw;
        }
    }

    /// <summary>Whether port 53 is steered to it, and not bound.</summary>
    public bool IsSteered => _sockets.IsSteered;

    /// <summary>How many questions wait for other servers.</summary>
    public int Pending => _forwarder.Count;

    /// <summary>How many connections clients have.</summary>
    public int Connections => _clients.Count;

    /// <summary>Stops answering; clients are refused from then on.</summary>
    public void Dispose()
    {
        _loop.Forget(_sockets.Udp);
        _forwarder.Dispose();
        _clients.Dispose();
        _sockets.Dispose();
        _namespace.Dispose();
        _names.Dispose();
    }

    private void OnDatagrams()
    {
        _batch ??= new DatagramBatch(BatchCount, DnsReply.UdpBytes, _sockets.IsSteered ? Source() : null);
        _isDraining = true;
        // A container that asks without end leaves the loop time for everything else.
        for (int round = 0; round < RoundsAtOnce; round++)
        {
            if (_batch.TryReceive(_sockets.Udp, out int count) != Errno.None) break;
            for (int i = 0; i < count; i++) OnDatagram(_batch.Message(i), _batch.Peer(i));
            _batch.Flush(_sockets.Sender);
            if (count < BatchCount) break;
        }
        _isDraining = false;
    }

    private static DatagramPeer Source()
    {
        Span<byte> address = stackalloc byte[4];
        DnsSockets.Address.TryWriteBytes(address, out _);
        ushort port = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReverseEndianness(DnsSockets.Port) : DnsSockets.Port;
        return new DatagramPeer(BitConverter.ToUInt32(address), port);
    }

    private void OnDatagram(ReadOnlySpan<byte> message, in DatagramPeer peer)
    {
        if (!DnsQuery.TryRead(message, _key, out DnsQuery query)) return;
        Span<byte> to = BeginReply(query);
        int length = Answer(message, query, new DnsClient(peer, null), to);
        if (length == 0) return;
        if (!IsCut(to) || query.UdpBytes <= to.Length) _batch!.Queue(peer, length);
        else if (Answer(message, query, new DnsClient(peer, null), LongSpace(query.UdpBytes)) is > 0 and var all)
            SendLong(peer, all);
    }

    private void OnTcp(TcpClient client, ReadOnlySpan<byte> message)
    {
        if (!DnsQuery.TryRead(message, _key, out DnsQuery query))
        {
            _clients.Close(client);
            return;
        }
        client.Outstanding++;
        int length = Answer(message, query, new DnsClient(default, client), LongSpace(LongBytes));
        if (length > 0) SendTcp(client, length);
    }

    /// <summary>Writes the answer; 0 when it will come later.</summary>
    private int Answer(ReadOnlySpan<byte> message, in DnsQuery query, in DnsClient client, Span<byte> to)
    {
        if (query.Refusal != DnsResponseCode.NOERROR) return DnsReply.WriteEmpty(to, message, query, query.Refusal);
        int length = query.Class == InternetClass ? AnswerLocally(message, query, to) : 0;
        if (length > 0) return length;
        long now = Environment.TickCount64;
        bool inside = _options.AskFromInside || !_names.ReachesOutside;
        _servers.Current(inside, now, out _);
        ReadOnlySpan<byte> key = _key.AsSpan(0, QuestionKey.Complete(_key, query));
        if (_cache.TryGet(key, now, _servers.ChangedMs, out ReadOnlySpan<byte> known, out uint age, out bool isFresh)
            && (isFresh || _forwarder.IsFailing(now)))
        {
            AnswerReport.Tell(_names, message, query, known, age, isFresh ? 0 : StaleTtl);
            return StoredAnswer.Write(known, age, isFresh ? 0 : StaleTtl, message, query, to);
        }
        return _forwarder.TryAsk(key, message, query, client, inside, out DnsResponseCode refusal) ? 0
            : DnsReply.WriteEmpty(to, message, query, refusal);
    }

    private int AnswerLocally(ReadOnlySpan<byte> message, in DnsQuery query, Span<byte> to)
    {
        if (!DnsName.TryText(_key, _text, out int textLength)) return 0;
        ReadOnlySpan<byte> text = _text.AsSpan(0, textLength);
        if (query.Type == DnsType.PTR && AnswerReverse(text, message, query, to) is > 0 and var length) return length;
        if (!_names.TryFind(text, out ReadOnlySpan<byte> v4, out ReadOnlySpan<byte> v6))
            return _options.KeepSingleLabels && query.Type is DnsType.A or DnsType.AAAA && !text.Contains((byte)'.')
                ? DnsReply.WriteEmpty(to, message, query, DnsResponseCode.NOERROR) : 0;
        DnsReply reply = DnsReply.Begin(to, message, query);
        if (query.Type is DnsType.A or DnsType.ANY)
            reply.AddAddresses(DnsType.A, v4, LocalTtl, v4.Length > 4 ? _random.Next() : 0);
        if (query.Type is DnsType.AAAA or DnsType.ANY)
            reply.AddAddresses(DnsType.AAAA, v6, LocalTtl, v6.Length > 16 ? _random.Next() : 0);
        return reply.Finish(DnsResponseCode.NOERROR);
    }

    private int AnswerReverse(
        ReadOnlySpan<byte> text, ReadOnlySpan<byte> message, in DnsQuery query, Span<byte> to)
    {
        Span<byte> address = stackalloc byte[16];
        if (!ReverseName.TryRead(text, address, out int length)
            || !_names.TryFindName(address[..length], out ReadOnlySpan<byte> name)) return 0;
        DnsReply reply = DnsReply.Begin(to, message, query);
        reply.AddName(DnsType.PTR, name, LocalTtl);
        return reply.Finish(DnsResponseCode.NOERROR);
    }

    private void Reply(Waiter waiter, in DnsOutcome outcome)
    {
        if (waiter.Client.Connection is { } client)
        {
            if (!client.IsClosed) SendTcp(client, Write(waiter, outcome, LongSpace(LongBytes)));
            return;
        }
        Span<byte> to = BeginReply(waiter.Query);
        int length = Write(waiter, outcome, to);
        if (!IsCut(to) || outcome.Answer.IsEmpty || waiter.Query.UdpBytes <= to.Length)
            _batch!.Queue(waiter.Client.Peer, length);
        else SendLong(waiter.Client.Peer, Write(waiter, outcome, LongSpace(waiter.Query.UdpBytes)));
        if (!_isDraining) _batch!.Flush(_sockets.Sender);
    }

    private int Write(Waiter waiter, in DnsOutcome outcome, Span<byte> to)
    {
        if (!outcome.Answer.IsEmpty)
        {
            AnswerReport.Tell(
                _names, waiter.Message, waiter.Query, outcome.Answer, outcome.Age, outcome.LeastTtl);
            return StoredAnswer.Write(
                outcome.Answer, outcome.Age, outcome.LeastTtl, waiter.Message, waiter.Query, to);
        }
        bool isCut = outcome.IsTruncated && waiter.Client.Connection is null;
        return DnsReply.WriteEmpty(
            to, waiter.Message, waiter.Query, isCut ? DnsResponseCode.NOERROR : outcome.Failure, isCut);
    }

    private Span<byte> BeginReply(in DnsQuery query)
    {
        if (_batch!.IsFull) _batch.Flush(_sockets.Sender);
        Span<byte> space = _batch.ReplySpace;
        return space[..Math.Min(space.Length, query.UdpBytes)];
    }

    private static bool IsCut(ReadOnlySpan<byte> reply) =>
        (DnsHeader.Get(reply, DnsHeader.Flags) & DnsHeader.TC) != 0;

    private Span<byte> LongSpace(int bytes)
    {
        if (_long.Length == 0)
            _long = GC.AllocateUninitializedArray<byte>(DatagramBatch.LongReplyOffset + LongBytes, pinned: true);
        return _long.AsSpan(DatagramBatch.LongReplyOffset, bytes);
    }

    private void SendLong(in DatagramPeer peer, int length) =>
        _batch!.SendLong(_sockets.Sender, peer, _long.AsSpan(0, DatagramBatch.LongReplyOffset + length));

    private void SendTcp(TcpClient client, int length)
    {
        client.Outstanding--;
        Span<byte> framed = _long.AsSpan(DatagramBatch.LongReplyOffset - LengthBytes, LengthBytes + length);
        DnsHeader.Set(framed, 0, length);
        client.Send(framed);
    }
}
