using System.Buffers;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Images;

namespace Skiff.Agent.Api;

/// <summary>
/// An answer that tells how long work gets on, a JSON object a line. It begins with the first of them: an error before
/// that has a status, one after it is a line itself. A client that does not read keeps nobody from working.
/// </summary>
internal sealed class ProgressAnswer
{
    // What counts bytes is left out while a client has so much to read; all else is little.
    private const int MaxPendingBytes = 64 << 10;

    private readonly SemaphoreSlim _news = new(0);
    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte> _pending = new(), _other = new();
    private bool _isDone;

    /// <summary>Does the work on a thread of its own and answers meanwhile.</summary>
    /// <param name="server">Takes notes.</param>
    /// <param name="x">The request.</param>
    /// <param name="work">The work; is cancelled when the client goes.</param>
    /// <param name="watch">False when the work reads the request's body, by which it sees that itself.</param>
    public static async Task RunAsync(
        ApiServer server, Exchange x, Action<IImageProgress, CancellationToken> work, bool watch = true)
    {
        if (watch) x.WatchClient();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(x.Gone);
        var answer = new ProgressAnswer();
        var progress = new JsonProgress(answer.Take);
        Task task = ApiServer.RunAsync(() => answer.Do(work, progress, stop.Token));
        try
        {
            await answer.SendAsync(x);
            await task;
            await x.BegunAsync(200, "application/json");
        }
        catch (Exception e) when (task.IsFaulted && x.HasBegun && ApiServer.StatusOf(e) > 0)
        {
            server.Note(x, e);
            progress.Fail(e.Message);
            await answer.SendAsync(x);
        }
        finally
        {
            await stop.CancelAsync();
            // Whoever has gone is not told how it ended.
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Do(Action<IImageProgress, CancellationToken> work, IImageProgress progress, CancellationToken stop)
    {
        try
        {
            work(progress, stop);
        }
        finally
        {
            lock (_lock) _isDone = true;
            Wake();
        }
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            if (_pending.WrittenCount > MaxPendingBytes && line.IndexOf("\"current\""u8) >= 0) return;
            _pending.Write(line);
        }
        Wake();
    }

    // Until the work is done and all of it is sent.
    private async Task SendAsync(Exchange x)
    {
        while (true)
        {
            await _news.WaitAsync(x.Gone);
            bool isLast = Swap();
            if (_other.WrittenCount > 0) await (await x.BegunAsync(200, "application/json")).WriteAsync(
                _other.WrittenMemory, x.Gone);
            if (isLast) return;
        }
    }

    private bool Swap()
    {
        lock (_lock)
        {
            (_pending, _other) = (_other, _pending);
            _pending.ResetWrittenCount();
            return _isDone;
        }
    }

    private void Wake()
    {
        lock (_lock)
            if (_news.CurrentCount == 0) _news.Release();
    }
}
