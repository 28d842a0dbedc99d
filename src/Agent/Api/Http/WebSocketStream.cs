using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Skiff.Layers.Content;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// The server's end of a WebSocket (RFC 6455) as a stream: what the client's messages hold, whatever their type and
/// wherever they end, and each write as a binary message. One reads and one writes at a time. The base library's costs
/// 110 KiB of the binary, and hangs up when a read is cancelled.
/// </summary>
internal sealed class WebSocketStream : SequentialStream
{
    private const int CloseTimeoutMs = 10_000;
    private const int KeyBytes = 16, MaskBytes = 4, MaxControlBytes = 125;
    private const int Continuation = 0, Text = 1, Binary = 2, Closing = 8, Ping = 9, Pong = 10; // Opcodes.
    private const ushort NormalClosure = 1000, ProtocolError = 1002;

    private readonly PipeReader _input;
    private readonly Stream _output;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _mask = new byte[MaskBytes], _control = new byte[MaxControlBytes];
    private long _left; // Of the frame that is read.
    private int _maskAt;
    private bool _isWithinMessage, _hasSentClose, _hasEnded;

    private WebSocketStream(Duplex connection) => (_input, _output) = connection;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Looks at a request for one (section 4.2.1), before anything is done for it.</summary>
    /// <exception cref="ApiException">It is none, or of another version.</exception>
    public static void Check(Exchange x)
    {
        RequestHead request = x.Request;
        if (!request.HasWord("Upgrade", "websocket") || !request.HasWord("Connection", "upgrade"))
            throw ApiException.Bad("this is for WebSockets: Connection: Upgrade and Upgrade: websocket are needed");
        if (request.Header("Sec-WebSocket-Version") is not "13")
        {
            x.SetHeader("Sec-WebSocket-Version", "13");
            throw new ApiException(426, "Sec-WebSocket-Version has to be 13");
        }
        if (!Convert.TryFromBase64String(request.Header("Sec-WebSocket-Key") ?? "", new byte[64], out int count)
            || count != KeyBytes) throw ApiException.Bad($"Sec-WebSocket-Key has to be {KeyBytes} bytes in base64");
    }

    /// <summary>Accepts it (section 4.2.2).</summary>
    public static async Task<WebSocketStream> AcceptAsync(Exchange x)
    {
        byte[] answer = SHA1.HashData(Encoding.ASCII.GetBytes(
            x.Request.Header("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        x.SetHeader("Connection", "Upgrade");
        x.SetHeader("Upgrade", "websocket");
        x.SetHeader("Sec-WebSocket-Accept", Convert.ToBase64String(answer));
        return new WebSocketStream(await x.TakeOverAsync(101));
    }

    /// <summary>Says good-bye, unless the client has, and waits a while for its answer (section 7.1.1).</summary>
    public async Task CloseAsync()
    {
        using var patience = new CancellationTokenSource(CloseTimeoutMs);
        try
        {
            await SendCloseAsync(NormalClosure, patience.Token);
            byte[] unwanted = new byte[4096];
            while (await ReadAsync(unwanted, patience.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // It has gone without a word.
        }
    }

    /// <summary>Reads what messages hold; 0 when the client has closed. A read that is cancelled does no harm.
    /// </summary>
    /// <exception cref="IOException">It has gone, or breaks the protocol and was told so.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_left == 0)
        {
            if (_hasEnded) return 0;
            await NextFrameAsync(cancellationToken);
        }
        ReadResult result = await ReadInputAsync(cancellationToken);
        int count = (int)Math.Min(Math.Min(_left, buffer.Length), result.Buffer.Length);
        result.Buffer.Slice(0, count).CopyTo(buffer.Span);
        for (int i = 0; i < count; i++) buffer.Span[i] ^= _mask[_maskAt++ % MaskBytes];
        _maskAt %= MaskBytes;
        _left -= count;
        _input.AdvanceTo(result.Buffer.GetPosition(count));
        return count;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        SendAsync(Binary, buffer, cancellationToken);

    // The head of the next frame with data, or all of one that controls (section 5.2).
    private async Task NextFrameAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await ReadInputAsync(cancellationToken);
            int opcode, length;
            try
            {
                opcode = TakeFrame(result.Buffer, out length);
            }
            catch (IOException)
            {
                _hasEnded = true;
                await SendCloseAsync(ProtocolError, cancellationToken);
                throw;
            }
            switch (opcode)
            {
                case < 0 when result.IsCompleted: throw Gone();
                case < 0: continue;
                case Ping when !_hasSentClose:
                    await SendAsync(Pong, _control.AsMemory(0, length), cancellationToken);
                    break;
                case Closing:
                    _hasEnded = true;
                    await SendCloseAsync(NormalClosure, cancellationToken);
                    break;
            }
            return;
        }
    }

    private async ValueTask<ReadResult> ReadInputAsync(CancellationToken cancellationToken)
    {
        ReadResult result = await _input.ReadAsync(cancellationToken);
        return result.Buffer.IsEmpty ? throw Gone() : result;
    }

    // The opcode; -1 when more has to come. The input has then been looked at, or advanced behind what was taken.
    private int TakeFrame(ReadOnlySequence<byte> buffer, out int length)
    {
        length = 0;
        Span<byte> head = stackalloc byte[14];
        int there = (int)Math.Min(buffer.Length, head.Length);
        buffer.Slice(0, there).CopyTo(head);
        int opcode = head[0] & 0xF, size = head[1] & 0x7F;
        int headBytes = 2 + (size == 126 ? 2 : size == 127 ? 8 : 0) + MaskBytes;
        bool isLast = (head[0] & 0x80) != 0, isControl = opcode >= Closing;
        if (there < 2 || there < headBytes || (isControl && buffer.Length < headBytes + size))
        {
            _input.AdvanceTo(buffer.Start, buffer.End);
            if (there >= 2) CheckHead(head, isLast, isControl, opcode, size);
            return -1;
        }
        CheckHead(head, isLast, isControl, opcode, size);
        head[(headBytes - MaskBytes)..headBytes].CopyTo(_mask);
        _maskAt = 0;
        if (isControl)
        {
            length = size;
            buffer.Slice(headBytes, size).CopyTo(_control);
            for (int i = 0; i < size; i++) _control[i] ^= _mask[i % MaskBytes];
            _input.AdvanceTo(buffer.GetPosition(headBytes + size));
            return opcode;
        }
        long bytes = size == 126 ? BinaryPrimitives.ReadUInt16BigEndian(head[2..])
            : size == 127 ? BinaryPrimitives.ReadInt64BigEndian(head[2..]) : size;
        _left = bytes >= 0 ? bytes : throw Broken("a length of 64 bits");
        _isWithinMessage = !isLast;
        _input.AdvanceTo(buffer.GetPosition(headBytes));
        return opcode;
    }

    private void CheckHead(ReadOnlySpan<byte> head, bool isLast, bool isControl, int opcode, int size)
    {
        if ((head[0] & 0x70) != 0) throw Broken("reserved bits are set");
        if ((head[1] & 0x80) == 0) throw Broken("a client's frame has no mask");
        if (isControl && (!isLast || size > MaxControlBytes)) throw Broken("a control frame in pieces or too long");
        if (opcode is not (Continuation or Text or Binary or Closing or Ping or Pong))
            throw Broken($"unknown opcode {opcode}");
        if (!isControl && (opcode == Continuation) != _isWithinMessage)
            throw Broken("a message begins within another one, or goes on without a beginning");
    }

    private static IOException Gone() => new("the client has gone without closing its WebSocket");

    private static IOException Broken(string what) => new($"the client breaks the WebSocket protocol: {what}");

    private async ValueTask SendCloseAsync(ushort status, CancellationToken cancellationToken)
    {
        if (_hasSentClose) return;
        byte[] reason = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(reason, status);
        await SendAsync(Closing, reason, cancellationToken);
    }

    private async ValueTask SendAsync(int opcode, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        byte[] frame = Frame(opcode, payload.Span);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // Nothing follows a good-bye.
            if (_hasSentClose) throw new IOException("the WebSocket is closed");
            _hasSentClose = opcode == Closing;
            await _output.WriteAsync(frame, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static byte[] Frame(int opcode, ReadOnlySpan<byte> payload)
    {
        int headBytes = payload.Length < 126 ? 2 : payload.Length <= ushort.MaxValue ? 4 : 10;
        byte[] frame = new byte[headBytes + payload.Length];
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = (byte)(headBytes == 2 ? payload.Length : headBytes == 4 ? 126 : 127);
        if (headBytes == 4) BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        if (headBytes == 10) BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(2), payload.Length);
        payload.CopyTo(frame.AsSpan(headBytes));
        return frame;
    }
}
