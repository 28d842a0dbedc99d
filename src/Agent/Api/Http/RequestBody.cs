using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Skiff.Layers.Content;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// A request's body (RFC 9112, sections 6 and 7): as many bytes as its head says, or chunks. A client that waits for
/// permission to send it (<c>Expect: 100-continue</c>) gets it with the first read.
/// </summary>
/// <param name="input">The connection.</param>
/// <param name="length">Bytes, or -1 for chunks.</param>
/// <param name="patienceMs">How long a client may keep a thread waiting that reads it.</param>
/// <param name="permit">Sends the permission; null when nobody waits for it.</param>
internal sealed class RequestBody(PipeReader input, long length, int patienceMs, Func<ValueTask>? permit)
    : SequentialStream
{
    private const int MaxLineBytes = 1024;

    private Func<ValueTask>? _permit = permit;
    private long _left = Math.Max(length, 0); // Of the body, or of the chunk.
    private bool _betweenChunks;

    /// <summary>Whether all of it was read.</summary>
    public bool IsAtEnd { get; private set; } = length == 0;

    /// <summary>Whether a client still waits for leave to send it: there is nothing to be read away.</summary>
    public bool IsHeldBack => _permit is not null && !IsAtEnd;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    /// <exception cref="HttpFault">The chunks are malformed, or the connection ended too early.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (IsAtEnd || buffer.IsEmpty) return 0;
        if (_permit is { } permit)
        {
            _permit = null;
            await permit();
        }
        if (_left == 0 && !await NextChunkAsync(cancellationToken)) return 0;
        ReadResult result = await input.ReadAsync(cancellationToken);
        if (result.Buffer.IsEmpty) throw new HttpFault(400, "the connection ended within the request's body");
        int count = (int)Math.Min(Math.Min(_left, buffer.Length), result.Buffer.Length);
        ReadOnlySequence<byte> part = result.Buffer.Slice(0, count);
        part.CopyTo(buffer.Span);
        input.AdvanceTo(part.End);
        _left -= count;
        if (_left == 0 && length >= 0) IsAtEnd = true;
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>For what reads synchronously, on a thread of its own.</summary>
    /// <exception cref="HttpFault">As of the other one, or nothing has come for long.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        using var patience = new CancellationTokenSource(patienceMs);
        try
        {
            return ReadAsync(buffer.AsMemory(offset, count), patience.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new HttpFault(408, $"nothing of the request's body has come for {patienceMs / 1000} s");
        }
    }

    // False at the last one, behind which trailers are passed over.
    private async ValueTask<bool> NextChunkAsync(CancellationToken cancellationToken)
    {
        if (_betweenChunks && await ReadLineAsync(cancellationToken) is not "")
            throw new HttpFault(400, "malformed chunk: no line break at its end");
        _betweenChunks = true;
        string line = await ReadLineAsync(cancellationToken);
        ReadOnlySpan<char> size = line.AsSpan().TrimEnd();
        if (size.IndexOf(';') is >= 0 and var semicolon) size = size[..semicolon].TrimEnd();
        if (!long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0
            || size.Length > 15) throw new HttpFault(400, "malformed chunk: bad size");
        if (_left > 0) return true;
        while ((await ReadLineAsync(cancellationToken)).Length > 0)
        {
        }
        IsAtEnd = true;
        return false;
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken);
            if (TryTakeLine(result.Buffer, out string line)) return line;
            if (result.IsCompleted) throw new HttpFault(400, "the connection ended within the request's body");
        }
    }

    private bool TryTakeLine(ReadOnlySequence<byte> buffer, out string line)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (reader.TryReadTo(out ReadOnlySequence<byte> bytes, "\r\n"u8) && bytes.Length <= MaxLineBytes)
        {
            line = Encoding.Latin1.GetString(bytes);
            input.AdvanceTo(reader.Position);
            return true;
        }
        input.AdvanceTo(buffer.Start, buffer.End);
        if (buffer.Length > MaxLineBytes) throw new HttpFault(400, "malformed chunk: its line is too long");
        line = "";
        return false;
    }
}
