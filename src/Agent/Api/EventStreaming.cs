using System.Text;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Events;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Api;

/// <summary>SystemEvents.</summary>
internal static class EventStreaming
{
    // An event is in the journal at most so long after the moment that it has.
    private const long SlackNs = 1_000_000_000;

    /// <summary>GET /events: what has happened since a time, then what happens, until a time or the client goes.
    /// </summary>
    public static async Task Follow(ApiServer server, Exchange x)
    {
        List<string> filters = Filters.Read(x);
        if (x.Scope is { IsReadOnly: false } scope) filters.Add($"label={scope.Key}={scope.Value}");
        var filter = new EventFilter(filters);
        Query query = x.Request.Query;
        long now = EventJournal.Now;
        long since = query.Value("since") is { Length: > 0 } from ? TimeSyntax.Parse(from, "since") : long.MaxValue;
        long until = query.Value("until") is { Length: > 0 } to ? TimeSyntax.Parse(to, "until") : long.MaxValue;
        if (since > until && since != long.MaxValue) throw ApiException.Bad(
            $"`since` time ({query.Value("since")}) cannot be after `until` time ({query.Value("until")})");
        x.WatchClient();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(x.Gone);
        EventQueue queue = server.Events.Follow(filter, until);
        try
        {
            Stream answer = await x.BeginAsync(200, "application/json");
            HashSet<string>? told = since == long.MaxValue ? null : await ReplayAsync(
                server, answer, queue, since, now - SlackNs);
            if (until <= now) return;
            if (until != long.MaxValue)
                end.CancelAfter(TimeSpan.FromTicks(Math.Min((until - now) / 100, TimeSpan.TicksPerDay * 40)));
            while (true)
            {
                List<byte[]> lines = await queue.TakeAsync(end.Token);
                // What came between the beginning of the queue and the reading of the history is in both.
                if (told is not null && lines.RemoveAll(line => told.Contains(Encoding.UTF8.GetString(line))) == 0)
                    told = null;
                await SendAsync(answer, lines);
            }
        }
        catch (OperationCanceledException) when (!x.Gone.IsCancellationRequested)
        {
            // The time is over.
        }
        finally
        {
            server.Events.Leave(queue);
        }
    }

    private static async Task<HashSet<string>> ReplayAsync(
        ApiServer server, Stream answer, EventQueue queue, long since, long queued)
    {
        var told = new HashSet<string>();
        var lines = new List<byte[]>();
        foreach (EngineEvent happened in await ApiServer.RunAsync(server.Events.History))
        {
            byte[] line = EventHub.Line(happened);
            if (happened.UnixNanoseconds >= queued) told.Add(Encoding.UTF8.GetString(line));
            if (happened.UnixNanoseconds >= since && queue.Wants(happened)) lines.Add(line);
        }
        await SendAsync(answer, lines);
        return told;
    }

    private static async Task SendAsync(Stream answer, List<byte[]> lines)
    {
        if (lines.Count == 0) return;
        var together = new MemoryStream();
        foreach (byte[] line in lines) together.Write(line);
        await answer.WriteAsync(together.GetBuffer().AsMemory(0, (int)together.Length));
    }
}
