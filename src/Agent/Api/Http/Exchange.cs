using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Skiff.Agent.Manager.Settings;

namespace Skiff.Agent.Api.Http;

/// <summary>One request and its answer. Valid until the handler returns.</summary>
internal sealed class Exchange
{
    /// <summary>So many times the time-out of a head may pass until more is asked for, or an answer is taken.</summary>
    public const int Patience = 10;

    private const int HangUpMs = 5000;

    private static readonly JsonWriterOptions s_json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    private readonly PipeReader _input;
    private readonly Stream _output;
    private readonly CancellationTokenSource _gone;
    private readonly Func<bool> _isHungUp;
    private readonly int _timeoutMs;
    private readonly List<(string Name, string Value)> _headers = [];
    private ResponseBody? _stream;
    private Task? _watch;

    /// <summary>For the connection, which knows whether the client has closed both directions.</summary>
    public Exchange(
        RequestHead request, PipeReader input, Stream output, Func<bool> isHungUp, int timeoutMs,
        CancellationToken ended)
    {
        (Request, _input, _output, _isHungUp, _timeoutMs) = (request, input, output, isHungUp, timeoutMs);
        _gone = CancellationTokenSource.CreateLinkedTokenSource(ended);
        bool waits = request.BodyLength != 0 && request.HasWord("Expect", "100-continue");
        Body = new RequestBody(input, request.BodyLength, timeoutMs * Patience,
            waits ? () => output.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray()) : null);
    }

    /// <summary>What was asked.</summary>
    public RequestHead Request { get; }

    /// <summary>Its body.</summary>
    public RequestBody Body { get; }

    /// <summary>The version of the API that the client speaks.</summary>
    public Version Version { get; set; } = new(1, 51);

    /// <summary>What the path has in place of the operation's <c>{id}</c> or <c>{name}</c>.</summary>
    public string Id { get; set; } = "";

    /// <summary>What the socket lets its clients do; null for everything.</summary>
    public SocketScope? Scope { get; set; }

    /// <summary>Whether an answer has begun: an error can no longer be one.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the connection belongs to the handler: nothing follows.</summary>
    public bool IsHijacked { get; private set; }

    /// <summary>Cancelled when the client, or the server, goes; the client only after <see cref="WatchClient"/>, or
    /// some seconds later after <see cref="HijackAsync"/>.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>A header of the answer.</summary>
    public void SetHeader(string name, string value) => _headers.Add((name, value));

    /// <summary>The whole body.</summary>
    /// <param name="maxBytes">More are refused.</param>
    public async Task<byte[]> ReadBodyAsync(int maxBytes = 4 << 20)
    {
        if (Request.BodyLength > maxBytes) throw TooLarge(maxBytes);
        var bytes = new ArrayBufferWriter<byte>();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        timeout.CancelAfter(_timeoutMs);
        try
        {
            while (await Body.ReadAsync(bytes.GetMemory(4096), timeout.Token) is > 0 and var count)
            {
                bytes.Advance(count);
                if (bytes.WrittenCount > maxBytes) throw TooLarge(maxBytes);
            }
        }
        catch (OperationCanceledException) when (!Gone.IsCancellationRequested)
        {
            throw new HttpFault(408, $"no whole body within {_timeoutMs / 1000} s");
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Answers with an object or a list.</summary>
    public Task JsonAsync(int status, Action<Utf8JsonWriter> write) =>
        WholeAsync(status, "application/json", Json(write));

    /// <summary>An object or a list, with the line's end.</summary>
    public static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(bytes, s_json)) write(writer);
        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Docker's object of an error.</summary>
    public static void WriteError(Utf8JsonWriter w, string message)
    {
        w.WriteStartObject();
        w.WriteString("message", message);
        w.WriteEndObject();
    }

    /// <summary>Answers with bytes that are there.</summary>
    public async Task WholeAsync(int status, string? contentType, ReadOnlyMemory<byte> body)
    {
        if (contentType is not null) _headers.Add(("Content-Type", contentType));
        if (status is not (204 or 304)) _headers.Add(("Content-Length", Number(body.Length)));
        byte[] head = Head(status);
        bool isHead = Request.Method == "HEAD";
        byte[] whole = new byte[head.Length + (isHead ? 0 : body.Length)];
        head.CopyTo(whole, 0);
        if (!isHead) body.CopyTo(whole.AsMemory(head.Length));
        await _output.WriteAsync(whole, Gone);
    }

    /// <summary>Answers without a body.</summary>
    public Task EmptyAsync(int status) => WholeAsync(status, null, default);

    /// <summary>Begins an answer of unknown length.</summary>
    public async Task<Stream> BeginAsync(int status, string contentType)
    {
        bool chunked = Request.Minor == 1;
        _headers.Add(("Content-Type", contentType));
        _headers.Add(chunked ? ("Transfer-Encoding", "chunked") : ("Connection", "close"));
        await _output.WriteAsync(Head(status), Gone);
        return _stream = new ResponseBody(_output, chunked);
    }

    /// <summary>The answer, which begins with this unless it has begun.</summary>
    public async ValueTask<Stream> BegunAsync(int status, string contentType) =>
        _stream ?? await BeginAsync(status, contentType);

    /// <summary>Ends what <see cref="BeginAsync"/> began.</summary>
    public ValueTask EndAsync() => _stream?.EndAsync() ?? ValueTask.CompletedTask;

    /// <summary>
    /// Takes the connection over, after the body was read: by 101 for a client that asks for an upgrade, else by 200,
    /// as Docker's clients know it.
    /// </summary>
    public Task<Duplex> HijackAsync(string contentType)
    {
        bool upgrades = Request.Header("Upgrade") is not null;
        if (upgrades) _headers.AddRange([("Connection", "Upgrade"), ("Upgrade", "tcp")]);
        _headers.Add(("Content-Type", contentType));
        return TakeOverAsync(upgrades ? 101 : 200);
    }

    /// <summary>Takes the connection over, with the headers that were set.</summary>
    public async Task<Duplex> TakeOverAsync(int status)
    {
        IsHijacked = true;
        await _output.WriteAsync(Head(status), Gone);
        _watch ??= WatchHangUpAsync();
        return new Duplex(_input, _output);
    }

    // The end of what it sends is not the end of what it wants to read: only the kernel knows that it has closed.
    private async Task WatchHangUpAsync()
    {
        try
        {
            do await Task.Delay(HangUpMs, Gone);
            while (!_isHungUp());
            await _gone.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The answer is complete.
        }
    }

    /// <summary>Has <see cref="Gone"/> cancelled when the client closes; for answers that wait for something.</summary>
    public void WatchClient() => _watch ??= WatchAsync();

    private async Task WatchAsync()
    {
        try
        {
            if (Body.IsHeldBack) return;
            while (await Body.ReadAsync(new byte[256], Gone) > 0)
            {
            }
            // What a client sends ahead of the answer stays for the next request.
            ReadResult result = await _input.ReadAsync(Gone);
            _input.AdvanceTo(result.Buffer.Start);
            if (result.IsCompleted && result.Buffer.IsEmpty) await _gone.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The answer is complete.
        }
        catch (Exception e) when (e is IOException or HttpFault)
        {
            await _gone.CancelAsync();
        }
    }

    /// <summary>The answer is complete: nobody watches the client any more.</summary>
    public async Task FinishAsync()
    {
        await _gone.CancelAsync();
        if (_watch is not null) await _watch;
        _gone.Dispose();
    }

    private static HttpFault TooLarge(int bytes) => new(413, $"the body is larger than {bytes} bytes");

    private byte[] Head(int status)
    {
        HasBegun = true;
        var text = new StringBuilder(256).Append("HTTP/1.1 ").Append(Number(status)).Append(' ')
            .Append(StatusText.Of(status)).Append("\r\n");
        foreach ((string name, string value) in _headers) text.Append(name).Append(": ").Append(value).Append("\r\n");
        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
