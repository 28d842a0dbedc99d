using System.Globalization;
using System.Text;
using Skiff.Layers.Content;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// The body of an answer whose length nobody knows at its beginning: in chunks, or, for HTTP/1.0, until the connection
/// ends. Each write goes out at once.
/// </summary>
/// <param name="output">The connection.</param>
/// <param name="chunked">In chunks.</param>
internal sealed class ResponseBody(Stream output, bool chunked) : SequentialStream
{
    private byte[] _frame = [];

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return; // An empty chunk would be the end.
        if (chunked) await output.WriteAsync(Frame(buffer.Span), cancellationToken);
        else await output.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>For what writes synchronously, on a thread of its own.</summary>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.IsEmpty) return;
        if (chunked) output.Write(Frame(buffer).Span);
        else output.Write(buffer);
    }

    /// <summary>Ends it. What is cut off without this is seen as such by the client.</summary>
    public ValueTask EndAsync() => chunked ? output.WriteAsync("0\r\n\r\n"u8.ToArray()) : ValueTask.CompletedTask;

    private ReadOnlyMemory<byte> Frame(ReadOnlySpan<byte> bytes)
    {
        const int around = 8 + 2 + 2;
        if (_frame.Length < bytes.Length + around) _frame = new byte[bytes.Length + around];
        bytes.Length.TryFormat(_frame, out int at, "x", CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(_frame.AsSpan(at));
        bytes.CopyTo(_frame.AsSpan(at + 2));
        "\r\n"u8.CopyTo(_frame.AsSpan(at + 2 + bytes.Length));
        return _frame.AsMemory(0, at + 4 + bytes.Length);
    }
}
