using System.Net;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Dns;

/// <summary>
/// Asks other servers. The best one first; if it has not answered after a moment, or says that it cannot, the others,
/// all at once. The first answer wins. When none comes, one that was remembered too long does as well (RFC 8767).
/// </summary>
internal sealed partial class Forwarder : IDisposable
{
    private const int MaxQuestions = 1024, MaxWaiters = 4096, MaxSockets = 256, MaxTcp = 32;
    private const uint StaleTtl = 30;
    private const int StaleAfterMs = 1800, FailingForMs = 5000;
    private const int TimerGrainMs = 10, WorthwhileMs = 100;

    // What happens while no answer comes, and when, counted from the first packet.
    private static readonly (int AtMs, Action<Forwarder, PendingQuestion> Do)[] s_steps =
    [
        (200, static (own, question) => own.AskOthers(question)),
        (1000, static (own, question) => own.SendAgain(question)),
        (StaleAfterMs, static (own, question) => own.ReplyStale(question)),
        (2500, static (own, question) => own.SendAgain(question)),
        (5000, static (own, question) => own.Fail(question)), // And this is the end for those that had to queue.
    ];

    private readonly EventLoop _loop;
    private readonly DnsOptions _options;
    private readonly UpstreamServers _servers;
    private readonly DnsCache _cache;
    private readonly RandomPool _random;
    private readonly Fd _inside;
    private readonly DnsOutcomeHandler _reply;
    private readonly List<PendingQuestion> _questions = [];
    private readonly Queue<PendingQuestion> _queue = new();
    private byte[] _buffer = [];
    private LoopTimer? _timer;
    private long _failingUntil;
    private int _sockets, _tcp, _waiters;
    private bool _isStarting;

    /// <summary>Asks nobody yet.</summary>
    /// <param name="loop">What waits for answers.</param>
    /// <param name="options">Whom to ask.</param>
    /// <param name="servers">Whom they are at the moment.</param>
    /// <param name="cache">Gets the answers.</param>
    /// <param name="random">For ids.</param>
    /// <param name="inside">The container's namespace; borrowed.</param>
    /// <param name="reply">Told about each waiter once, possibly before <see cref="TryAsk"/> returns.</param>
    public Forwarder(EventLoop loop, DnsOptions options, UpstreamServers servers, DnsCache cache, RandomPool random,
        Fd inside, DnsOutcomeHandler reply)
    {
        (_loop, _options, _servers, _cache) = (loop, options, servers, cache);
        (_random, _inside, _reply) = (random, inside, reply);
    }

    /// <summary>No server has answered lately: what is remembered has to do for a moment.</summary>
    public bool IsFailing(long nowMs) => nowMs < _failingUntil;

    /// <summary>How many questions are on their way.</summary>
    public int Count => _questions.Count;

    /// <summary>
    /// Asks, or waits for an answer that somebody else waits for already. False: the client gets
    /// <paramref name="refusal"/> instead.
    /// </summary>
    public bool TryAsk(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, in DnsQuery query, in DnsClient client,
        bool inside, out DnsResponseCode refusal)
    {
        PendingQuestion? question = Find(key);
        refusal = question?.HasComeBack(message[DnsHeader.Bytes..query.QuestionEnd]) == true
            ? DnsResponseCode.REFUSED : DnsResponseCode.SERVFAIL;
        if (refusal == DnsResponseCode.REFUSED || _waiters == MaxWaiters) return false;
        var waiter = new Waiter(client, query, message[..query.QuestionEnd].ToArray());
        if (question is not null) Join(question, waiter);
        else if (_questions.Count == MaxQuestions) return false;
        else Start(new PendingQuestion(key, message, query, _random), waiter, inside);
        return true;
    }

    /// <summary>Forgets all questions; nobody is told.</summary>
    public void Dispose()
    {
        _loop.Cancel(_timer);
        _timer = null;
        foreach (PendingQuestion question in _questions) CloseAll(question);
        _questions.Clear();
        _queue.Clear();
    }

    private PendingQuestion? Find(ReadOnlySpan<byte> key)
    {
        foreach (PendingQuestion question in _questions)
            if (key.SequenceEqual(question.Key)) return question;
        return null;
    }

    private void Join(PendingQuestion question, Waiter waiter)
    {
        long waited = question.BeganMs == 0 ? 0 : Environment.TickCount64 - question.BeganMs;
        if (waited >= StaleAfterMs && TryReplyStale(question, waiter)) return;
        question.Waiters.Add(waiter);
        _waiters++;
    }

    private void Start(PendingQuestion question, Waiter waiter, bool inside)
    {
        long now = Environment.TickCount64;
        question.Waiters.Add(waiter);
        _waiters++;
        _questions.Add(question);
        question.IsInside = inside;
        // Should its turn not come, then that is the last step.
        question.Step = s_steps.Length - 1;
        question.DueMs = question.EndMs = now + s_steps[^1].AtMs;
        if (_sockets < MaxSockets) Begin(question, now);
        else
        {
            _queue.Enqueue(question);
            Arm(question.DueMs);
        }
    }

    private void Begin(PendingQuestion question, long now)
    {
        (question.BeganMs, question.Step, question.DueMs) = (now, 0, now + s_steps[0].AtMs);
        question.Servers = _servers.Current(question.IsInside, now, out int first);
        question.First = first;
        if (AskNext(question)) Arm(question.DueMs);
        else Fail(question);
    }

    private void StartQueued()
    {
        if (_isStarting) return;
        _isStarting = true;
        while (_sockets < MaxSockets && _queue.TryDequeue(out PendingQuestion? question))
        {
            long now = Environment.TickCount64;
            if (question.IsDone) continue;
            if (question.EndMs - now < WorthwhileMs) Fail(question);
            else Begin(question, now);
        }
        _isStarting = false;
    }

    private void Arm(long dueMs)
    {
        if (_timer is not null && _timer.DueMs <= dueMs) return;
        _loop.Cancel(_timer);
        _timer = _loop.After(Math.Max(TimerGrainMs, dueMs - Environment.TickCount64), OnTimer);
    }

    private void OnTimer()
    {
        _timer = null;
        long now = Environment.TickCount64, next = long.MaxValue;
        // What is done with one may end others, which then moves the last one to their place.
        for (int i = _questions.Count - 1; i >= 0; i--)
        {
            if (i >= _questions.Count) continue;
            PendingQuestion question = _questions[i];
            if (question.DueMs <= now) RunStep(question, now);
            if (!question.IsDone) next = Math.Min(next, question.DueMs);
        }
        if (next != long.MaxValue) Arm(next);
    }

    private void RunStep(PendingQuestion question, long now)
    {
        if (now >= question.EndMs)
        {
            Fail(question);
            return;
        }
        int step = question.Step++;
        if (question.Step < s_steps.Length)
            question.DueMs = Math.Min(question.EndMs, question.BeganMs + s_steps[question.Step].AtMs);
        s_steps[step].Do(this, question);
    }

    private void ReplyStale(PendingQuestion question)
    {
        for (int i = question.Waiters.Count - 1; i >= 0; i--)
        {
            if (!TryReplyStale(question, question.Waiters[i])) return;
            question.Waiters.RemoveAt(i);
            _waiters--;
        }
    }

    private bool TryReplyStale(PendingQuestion question, Waiter waiter)
    {
        long now = Environment.TickCount64;
        if (!_cache.TryGet(question.Key, now, 0, out ReadOnlySpan<byte> answer, out uint age, out _)) return false;
        _reply(waiter, new DnsOutcome { Answer = answer, Age = age, LeastTtl = StaleTtl });
        return true;
    }

    private void Fail(PendingQuestion question)
    {
        _failingUntil = Environment.TickCount64 + FailingForMs;
        ReplyStale(question);
        Finish(question, new DnsOutcome { Failure = question.Failure, IsTruncated = question.IsTruncated });
    }

    private void Finish(PendingQuestion question, in DnsOutcome outcome)
    {
        question.IsDone = true;
        int at = _questions.IndexOf(question);
        _questions[at] = _questions[^1];
        _questions.RemoveAt(_questions.Count - 1);
        CloseAll(question);
        _waiters -= question.Waiters.Count;
        foreach (Waiter waiter in question.Waiters) _reply(waiter, outcome);
        StartQueued();
    }
}
