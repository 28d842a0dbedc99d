using Skiff.Interop;

namespace Skiff.Agent.Dns;

/// <summary>
/// A client's connection: messages with two bytes of length before each (RFC 1035 4.2.2), in both directions. What it
/// may cost is bounded: one message at a time comes in, and while answers wait to be taken, none does.
/// </summary>
internal sealed class TcpClient(TcpClients owner, Fd socket)
{
    private const int LengthBytes = 2, FirstBytes = 256, MaxQueryBytes = 4096;

    private byte[] _input = [];
    private int _filled;
    private byte[] _output = [];
    private int _sent;

    /// <summary>Its socket.</summary>
    public Fd Socket { get; } = socket;

    /// <summary>When its last message was complete, on a clock that no one sets.</summary>
    public long LastMs { get; private set; } = Environment.TickCount64;

    /// <summary>How many answers it waits for.</summary>
    public int Outstanding { get; set; }

    /// <summary>It is gone; answers are nobody's.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whether answers wait to be taken.</summary>
    public bool IsBlocked => _output.Length > 0;

    /// <summary>Goes on with whatever it waits for; a hang-up or an error shows in that.</summary>
    public void OnEvent()
    {
        if (IsBlocked) Flush();
        else Read();
    }

    /// <summary>Sends a message, its length before it; what the kernel has no room for goes later.</summary>
    public void Send(ReadOnlySpan<byte> framed)
    {
        int count = 0;
        if (!IsBlocked)
        {
            Errno errno = Files.TryWrite(Socket, framed, out count);
            if (errno is not (Errno.None or Errno.EAGAIN))
            {
                owner.Close(this);
                return;
            }
            if (errno == Errno.EAGAIN) count = 0;
        }
        if (count == framed.Length) return;
        byte[] output = new byte[_output.Length - _sent + framed.Length - count];
        _output.AsSpan(_sent).CopyTo(output);
        framed[count..].CopyTo(output.AsSpan(_output.Length - _sent));
        (_output, _sent) = (output, 0);
        // One that asks and asks and never takes what it gets.
        if (output.Length > TcpClients.MaxOutputBytes) owner.Close(this);
        else owner.Rewatch(this);
    }

    private void Read()
    {
        if (_filled == _input.Length) Array.Resize(ref _input, Math.Max(FirstBytes, _input.Length * 2));
        Errno errno = Files.TryRead(Socket, _input.AsSpan(_filled), out int count);
        if (errno == Errno.EAGAIN) return;
        if (errno != Errno.None || count == 0)
        {
            owner.Close(this);
            return;
        }
        _filled += count;
        HandleMessages();
    }

    private void HandleMessages()
    {
        int start = 0;
        while (!IsClosed && !IsBlocked && _filled - start >= LengthBytes)
        {
            int length = DnsHeader.Get(_input, start);
            if (length is < DnsHeader.Bytes or > MaxQueryBytes)
            {
                owner.Close(this);
                return;
            }
            if (_filled - start < LengthBytes + length) break;
            LastMs = Environment.TickCount64;
            owner.Handle(this, _input.AsSpan(start + LengthBytes, length));
            start += LengthBytes + length;
        }
        if (start == 0) return;
        _input.AsSpan(start, _filled - start).CopyTo(_input);
        _filled -= start;
        if (_filled == 0) _input = [];
    }

    private void Flush()
    {
        Errno errno = Files.TryWrite(Socket, _output.AsSpan(_sent), out int count);
        if (errno == Errno.EAGAIN) return;
        if (errno != Errno.None)
        {
            owner.Close(this);
            return;
        }
        _sent += count;
        if (_sent < _output.Length) return;
        (_output, _sent) = ([], 0);
        owner.Rewatch(this);
        // What came before the answers were in the way.
        HandleMessages();
    }
}
