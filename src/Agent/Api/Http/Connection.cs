using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// One client: requests one after the other until it, or the server, has enough. Heads have to come in time, bodies may
/// take as long as the other side goes on.
/// </summary>
/// <param name="stream">The connection; its owner closes it.</param>
/// <param name="isHungUp">Whether the client has closed both directions.</param>
/// <param name="handle">Answers a request.</param>
/// <param name="timeoutMs">For a head, or a body of JSON; ten times as long for all that may take longer.</param>
/// <param name="ended">The server ends.</param>
internal sealed class Connection(
    Stream stream, Func<bool> isHungUp, Func<Exchange, Task> handle, int timeoutMs, CancellationToken ended)
{
    private const int MaxDrainedBytes = 256 << 10;

    // Idle connections wait without a buffer.
    private readonly PipeReader _input = PipeReader.Create(stream, new StreamPipeReaderOptions(
        bufferSize: 4096, minimumReadSize: 1024, leaveOpen: true, useZeroByteReads: true));

    /// <summary>Until the connection is done with. Never throws because of what the client does.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await ReadHeadAsync() is { } head && await AnswerAsync(head))
            {
            }
        }
        catch (HttpFault fault)
        {
            await RefuseAsync(fault);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException)
        {
            // It went away.
        }
        finally
        {
            await _input.CompleteAsync();
        }
    }

    // Null when the client has no more requests.
    private async Task<RequestHead?> ReadHeadAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ended);
        timeout.CancelAfter(timeoutMs * Exchange.Patience);
        bool hasBegun = false;
        while (true)
        {
            ReadResult result;
            try
            {
                result = await _input.ReadAsync(timeout.Token);
            }
            catch (OperationCanceledException) when (!ended.IsCancellationRequested)
            {
                return hasBegun ? throw new HttpFault(408, $"no whole request within {timeoutMs / 1000} s") : null;
            }
            var buffer = result.Buffer;
            if (!hasBegun && !buffer.IsEmpty)
            {
                hasBegun = true;
                timeout.CancelAfter(timeoutMs);
            }
            if (RequestParser.TryRead(ref buffer, out RequestHead? head))
            {
                _input.AdvanceTo(buffer.Start);
                return head;
            }
            _input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted) return null;
        }
    }

    // True when another request may follow.
    private async Task<bool> AnswerAsync(RequestHead head)
    {
        var exchange = new Exchange(head, _input, stream, isHungUp, timeoutMs, ended);
        try
        {
            await handle(exchange);
            if (exchange.IsHijacked) return false;
            await exchange.EndAsync();
        }
        finally
        {
            await exchange.FinishAsync();
        }
        return head.KeepsAlive && await DrainAsync(exchange.Body);
    }

    // What a handler had no use for; a long one is not waited for.
    private async Task<bool> DrainAsync(RequestBody body)
    {
        if (body.IsHeldBack) return false;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ended);
        timeout.CancelAfter(timeoutMs);
        byte[] buffer = body.IsAtEnd ? [] : new byte[4096];
        int left = MaxDrainedBytes;
        while (!body.IsAtEnd && left > 0)
        {
            int count = await body.ReadAsync(buffer, timeout.Token);
            if (count == 0) break;
            left -= count;
        }
        return body.IsAtEnd;
    }

    /// <summary>The answer to a client for which nothing else is done.</summary>
    public static byte[] Refusal(int status, string message)
    {
        byte[] text = Exchange.Json(w => Exchange.WriteError(w, message));
        string head = $"HTTP/1.1 {status} {StatusText.Of(status)}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {text.Length}\r\nConnection: close\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. text];
    }

    private async Task RefuseAsync(HttpFault fault)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ended);
        timeout.CancelAfter(timeoutMs);
        try
        {
            await stream.WriteAsync(Refusal(fault.Status, fault.Message), timeout.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // It does not want to know.
        }
    }
}
