using System.Net;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Dns;

internal sealed partial class Forwarder
{
    private const int UdpBufferBytes = 4096;

    private bool AskNext(PendingQuestion question)
    {
        while (question.Asked < question.Servers.Length)
        {
            IPAddress server = question.Servers[(question.First + question.Asked++) % question.Servers.Length];
            if (TryBegin(question, server, isTcp: false)) return true;
        }
        return false;
    }

    private void AskOthers(PendingQuestion question)
    {
        while (AskNext(question))
        {
        }
    }

    private void SendAgain(PendingQuestion question)
    {
        for (int i = question.Exchanges.Count - 1; i >= 0; i--)
            if (!question.Exchanges[i].TrySend()) Close(question.Exchanges[i]);
        if (question.Exchanges.Count == 0) Fail(question);
    }

    private bool TryBegin(PendingQuestion question, IPAddress server, bool isTcp)
    {
        ServerExchange? exchange;
        if (question.IsInside)
            using (new NetNamespaceScope(_inside)) exchange = Open(question, server, isTcp);
        else exchange = Open(question, server, isTcp);
        if (exchange is null) return false;
        question.Exchanges.Add(exchange);
        _sockets++;
        if (isTcp) _tcp++;
        return true;
    }

    private ServerExchange? Open(PendingQuestion question, IPAddress server, bool isTcp) => ServerExchange.Begin(
        _loop, question, server, _options.ServerPort, (ushort)_random.Next(), isTcp, OnEvent);

    private void OnEvent(ServerExchange exchange)
    {
        if (_buffer.Length == 0) _buffer = new byte[UdpBufferBytes];
        Errno errno = exchange.TryReceive(_buffer, out Span<byte> message);
        if (errno == Errno.EAGAIN) return;
        PendingQuestion question = exchange.Question;
        if (errno != Errno.None)
        {
            GiveUp(exchange);
            return;
        }
        var answer = ServerAnswer.Read(
            message, exchange.Id, question.Packet.AsSpan(DnsHeader.Bytes..question.QuestionEnd));
        switch (answer.Kind)
        {
            case ServerAnswerKind.Good:
                Take(exchange, message[..answer.Length], answer.Ttl);
                break;
            case ServerAnswerKind.Truncated:
                question.IsTruncated = true;
                if (!exchange.IsTcp && _tcp < MaxTcp && TryBegin(question, exchange.Server, isTcp: true))
                    Close(exchange);
                else GiveUp(exchange);
                break;
            case ServerAnswerKind.Failing:
                question.Failure = (DnsResponseCode)(DnsHeader.Get(message, DnsHeader.Flags) & DnsHeader.CodeMask);
                GiveUp(exchange);
                break;
            case ServerAnswerKind.Broken:
            case ServerAnswerKind.Foreign when exchange.IsTcp:
                GiveUp(exchange);
                break;
        }
    }

    private void Take(ServerExchange exchange, ReadOnlySpan<byte> answer, uint ttl)
    {
        PendingQuestion question = exchange.Question;
        long now = Environment.TickCount64;
        _failingUntil = 0;
        if (question.Asked > 1) _servers.Prefer(exchange.Server, question.Servers, now);
        _cache.Put(question.Key, answer, ttl, now);
        Finish(question, new DnsOutcome { Answer = answer });
    }

    // With this server. The next one gets its chance at once.
    private void GiveUp(ServerExchange exchange)
    {
        PendingQuestion question = exchange.Question;
        Close(exchange);
        if (!AskNext(question) && question.Exchanges.Count == 0) Fail(question);
    }

    private void Close(ServerExchange exchange)
    {
        exchange.Question.Exchanges.Remove(exchange);
        _sockets--;
        if (exchange.IsTcp) _tcp--;
        exchange.Dispose();
    }

    private void CloseAll(PendingQuestion question)
    {
        while (question.Exchanges.Count > 0) Close(question.Exchanges[^1]);
    }
}
