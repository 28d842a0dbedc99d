using System.Buffers.Binary;
using System.Net.Sockets;

namespace Skiff.PowerCut;

/// <summary>
/// Serves a <see cref="Disk"/> to one QEMU after the other on a unix socket (NBD protocol, fixed newstyle, simple
/// replies; github.com/NetworkBlockDevice/nbd, doc/proto.md). Requests are done in the order in which they come.
/// </summary>
internal sealed class NbdServer : IDisposable
{
    private const ulong Magic = 0x4e42444d41474943, HaveOption = 0x49484156454f5054, OptionReply = 0x3e889045565a9;
    private const uint RequestMagic = 0x25609513, ReplyMagic = 0x67446698;
    private const ushort FixedNewstyle = 1, NoZeroes = 2;
    private const uint OptionExportName = 1, OptionAbort = 2, OptionGo = 7;
    private const uint ReplyAck = 1, ReplyInfo = 3, ReplyUnsupported = 0x80000001;
    private const ushort HasFlags = 1, SendFlush = 4;
    private const ushort Read = 0, Write = 1, Disconnect = 2, Flush = 3;
    private const uint InvalidArgument = 22;

    private readonly Disk _disk;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _idle = new(true);
    private Action? _cut;
    private int _requestsLeft;

    /// <summary>Listens at once.</summary>
    public NbdServer(Disk disk, string path)
    {
        _disk = disk;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>
    /// Cuts the power when so many more writes and flushes have come, before the next of them is done for which the
    /// disk holds unflushed writes.
    /// </summary>
    public void CutAt(int requests, Action cut)
    {
        Volatile.Write(ref _requestsLeft, requests);
        Volatile.Write(ref _cut, cut);
    }

    /// <summary>Waits until the last request of a QEMU that was killed is done or dropped.</summary>
    public void WaitUntilIdle() => _idle.Wait();

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _thread.Join();
        _idle.Dispose();
    }

    private void Serve()
    {
        while (true)
        {
            try
            {
                using Socket client = _listener.Accept();
                _idle.Reset();
                Volatile.Write(ref _cut, null);
                using var stream = new NetworkStream(client);
                if (Negotiate(stream)) Transmit(stream);
            }
            catch (Exception e) when (e is IOException or EndOfStreamException)
            {
                // The power was cut.
            }
            catch (SocketException)
            {
                return;
            }
            finally
            {
                _idle.Set();
            }
        }
    }

    private bool Negotiate(NetworkStream stream)
    {
        Span<byte> hello = stackalloc byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(hello, Magic);
        BinaryPrimitives.WriteUInt64BigEndian(hello[8..], HaveOption);
        BinaryPrimitives.WriteUInt16BigEndian(hello[16..], FixedNewstyle | NoZeroes);
        stream.Write(hello);
        Span<byte> flags = stackalloc byte[4], header = stackalloc byte[16];
        stream.ReadExactly(flags);
        while (true)
        {
            stream.ReadExactly(header);
            uint option = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
            stream.ReadExactly(new byte[BinaryPrimitives.ReadUInt32BigEndian(header[12..])]);
            switch (option)
            {
                case OptionExportName:
                    stream.Write(Export());
                    return true;
                case OptionGo:
                    Reply(stream, option, ReplyInfo, [0, 0, .. Export()]);
                    Reply(stream, option, ReplyAck, []);
                    return true;
                case OptionAbort:
                    return false;
                default:
                    Reply(stream, option, ReplyUnsupported, []);
                    break;
            }
        }
    }

    private byte[] Export()
    {
        byte[] export = new byte[10];
        BinaryPrimitives.WriteInt64BigEndian(export, _disk.Length);
        BinaryPrimitives.WriteUInt16BigEndian(export.AsSpan(8), HasFlags | SendFlush);
        return export;
    }

    private static void Reply(NetworkStream stream, uint option, uint type, byte[] data)
    {
        byte[] reply = new byte[20 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(reply, OptionReply);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), type);
        BinaryPrimitives.WriteInt32BigEndian(reply.AsSpan(16), data.Length);
        data.CopyTo(reply, 20);
        stream.Write(reply);
    }

    private void Transmit(NetworkStream stream)
    {
        byte[] request = new byte[28];
        while (true)
        {
            stream.ReadExactly(request);
            if (BinaryPrimitives.ReadUInt32BigEndian(request) != RequestMagic)
                throw new InvalidDataException("NBD: a request without its magic");
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(6));
            long offset = BinaryPrimitives.ReadInt64BigEndian(request.AsSpan(16));
            int length = BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(24));
            if (type == Disconnect) return;
            if (type != Read && Volatile.Read(ref _cut) is { } cut && --_requestsLeft <= 0 && _disk.IsDirty)
            {
                cut();
                return;
            }
            byte[] answer = new byte[type == Read ? 16 + length : 16];
            BinaryPrimitives.WriteUInt32BigEndian(answer, ReplyMagic);
            request.AsSpan(8, 8).CopyTo(answer.AsSpan(8));
            if (!Do(stream, type, offset, length, answer.AsSpan(16)))
                BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(4), InvalidArgument);
            stream.Write(answer);
        }
    }

    private bool Do(NetworkStream stream, ushort type, long offset, int length, Span<byte> read)
    {
        switch (type)
        {
            case Read:
                _disk.Read(offset, read);
                return true;
            case Write:
                byte[] data = new byte[length];
                stream.ReadExactly(data);
                _disk.Write(offset, data);
                return true;
            case Flush:
                _disk.Flush();
                return true;
            default:
                return false;
        }
    }
}
