using System.Globalization;
using System.Text;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Pipeline;

/// <summary>What a registry may do wrong while a blob is fetched, and what has to come of it.</summary>
/// <param name="Name">In words.</param>
/// <param name="Reply">To the Nth request, from 0; null to answer as one should.</param>
/// <param name="Error">What the error says; null when the pull succeeds all the same.</param>
/// <param name="Arrived">Bytes that have arrived when it fails, and that the next pull has no need of.</param>
public sealed record RegistryFault(
    string Name, Func<Request, int, Answer?> Reply, string? Error = null, int Arrived = 0)
{
    private const int Cut = 700_000, Long = 60_000;

    private static readonly byte[] s_blob = ResumeTests.Blob;

    public override string ToString() => Name;

    public static IEnumerable<RegistryFault> All() =>
        [.. Silent(), .. Broken(), .. Lying(), .. Redirecting(), .. Refusing(), .. Ranges()];

    private static IEnumerable<RegistryFault> Silent() =>
    [
        new("stalls before the headers once", Once(new Answer { StallBeforeHeadMs = Long })),
        new("stalls before the headers", Always(_ => new Answer { StallBeforeHeadMs = Long }),
            "does not answer: ETIMEDOUT"),
        new("stalls in the body once", Once(new Answer { Body = s_blob, BreakAfter = Cut, StallMs = Long })),
        new("stalls in the body", Always(request => Part(request, Cut, stallMs: Long)),
            $"broke off at byte {Cut} of {s_blob.Length}: nothing came from registry", Cut),
    ];

    private static IEnumerable<RegistryFault> Broken()
    {
        foreach (int at in (int[])[0, 1, Cut, s_blob.Length - 1])
            foreach (bool reset in (bool[])[false, true])
            {
                string how = reset ? "resets the connection" : "closes the connection";
                yield return new($"{how} at byte {at} once",
                    Once(new Answer { Body = s_blob, BreakAfter = at, Reset = reset }));
                yield return new($"{how} at byte {at}", Always(request => Part(request, at, reset: reset)),
                    $"broke off at byte {at} of {s_blob.Length}: ", at);
            }
        yield return new("resets the connection before the headers once", Once(new Answer { Raw = [], Reset = true }));
        yield return new("resets the connection before the headers",
            Always(_ => new Answer { Raw = [], Reset = true }), "registry 127.0.0.1:");
        byte[] garbage = Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        byte[] head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Le");
        yield return new("closes the connection within the headers once", Once(new Answer { Raw = head }));
        yield return new("closes the connection within the headers", Always(_ => new Answer { Raw = head }),
            "registry 127.0.0.1:");
        yield return new("talks something else", Always(_ => new Answer { Raw = garbage }), "invalid status line");
        yield return new("talks something else in the middle", Always(request =>
            Start(request) > 0 ? new Answer { Raw = garbage } : Part(request, Cut)), "invalid status line", Cut);
    }

    private static IEnumerable<RegistryFault> Lying()
    {
        string wrongSize = $"blob has the wrong size: expected {s_blob.Length} bytes, got ";
        byte[] damaged = [.. s_blob], longer = [.. s_blob, 1, 2, 3];
        damaged[^9] ^= 1;
        return
        [
            new("has a shorter blob", Always(_ => new Answer { Body = s_blob[..Cut] }), wrongSize + Cut),
            new("has a longer blob", Always(_ => new Answer { Body = longer }), wrongSize + longer.Length),
            new("has an empty blob", Always(_ => new Answer()), wrongSize + 0),
            new("has a shorter blob and does not say so",
                Always(_ => new Answer { Body = s_blob[..Cut], Chunked = true }),
                $"broke off at byte {Cut} of {s_blob.Length}: the connection ended early", Cut),
            new("has a longer blob and does not say so", Always(_ => new Answer { Body = longer, Chunked = true }),
                $"blob is too long: expected {s_blob.Length} bytes, got more"),
            new("has a blob without an end",
                Always(_ => new Answer { Body = s_blob, Chunked = true, Endless = true }),
                $"blob is too long: expected {s_blob.Length} bytes, got more"),
            new("has a damaged blob", Always(_ => new Answer { Body = damaged }), "mismatch: expected "),
            new("has another blob",
                Always(_ => new Answer { Body = TestImage.Gzip(TestImage.Tar(1_000_000)) }), wrongSize),
            new("has zeros", Always(_ => new Answer { Body = new byte[s_blob.Length] }), "mismatch: expected "),
            new("names another digest", Once(new Answer { Body = s_blob }.With(
                "Docker-Content-Digest", "sha256:" + new string('0', 64)))),
            new("announces more than it sends once",
                Once(new Answer { Body = s_blob[..Cut], ContentLength = s_blob.Length })),
        ];
    }

    private static IEnumerable<RegistryFault> Redirecting() =>
    [
        new("redirects in a loop", Always(r => Answer.Text(307, "").With("Location", r.Path)), "more than 5 redirects"),
        new("redirects to another host", (r, count) => count > 0 ? null
            : Answer.Text(307, "").With("Location", $"http://localhost:{r["Host"]!.Split(':')[1]}{r.Path}")),
        new("redirects to nowhere", Always(_ => Answer.Text(307, "").With("Location", "http://127.0.0.1:1/blob")),
            "cannot reach registry 127.0.0.1:1, to which 127.0.0.1:"),
        new("redirects without saying where", Always(_ => Answer.Text(307, "")), "(307)"),
        new("redirects to a file", Always(_ => Answer.Text(307, "").With("Location", "file:///etc/passwd")),
            "refusing the redirect"),
    ];

    private static IEnumerable<RegistryFault> Refusing()
    {
        foreach (int status in (int[])[408, 429, 500, 502, 503, 504])
        {
            yield return new($"answers {status} once", Once(Answer.Text(status, "")));
            yield return new($"answers {status}", Always(_ => Answer.Text(status, "")), $"({status})");
            yield return new($"answers {status} in the middle", Always(request =>
                Start(request) > 0 ? Answer.Text(status, "") : Part(request, Cut)), $"({status})", Cut);
        }
        foreach (int status in (int[])[400, 401, 403, 404, 418])
            yield return new($"answers {status}", Always(_ => Answer.Text(status, "")), $"({status})");
        yield return new("wants to be left alone for a second", Once(Answer.Text(429, "").With("Retry-After", "1")));
        yield return new("wants to be left alone until a time", Once(Answer.Text(503, "").With(
            "Retry-After", DateTimeOffset.UtcNow.AddSeconds(1).ToString("R", CultureInfo.InvariantCulture))));
        yield return new("wants to be left alone until a time that is over", Once(Answer.Text(429, "").With(
            "Retry-After", DateTimeOffset.UtcNow.AddDays(-1).ToString("R", CultureInfo.InvariantCulture))));
        yield return new("wants to be left alone for nonsense", Once(Answer.Text(429, "").With("Retry-After", "soon")));
    }

    private static IEnumerable<RegistryFault> Ranges()
    {
        string whole = $"bytes {Cut}-{s_blob.Length - 1}/{s_blob.Length}";
        return
        [
            new("ignores Range", AfterCut(_ => new Answer { Body = s_blob })),
            new("gives an earlier part", AfterCut(_ => Range(s_blob[1000..],
                $"bytes 1000-{s_blob.Length - 1}/{s_blob.Length}"))),
            new("gives a smaller part", AfterCut(_ => Range(
                s_blob[Cut..(Cut + 1000)], $"bytes {Cut}-{Cut + 999}/{s_blob.Length}"))),
            new("gives a later part", AfterCut(_ => Range(s_blob[(Cut + 1)..],
                $"bytes {Cut + 1}-{s_blob.Length - 1}/{s_blob.Length}"))),
            new("gives a part and does not say which", AfterCut(_ =>
                new Answer { Status = 206, Body = s_blob[Cut..] })),
            new("gives a part of another blob", AfterCut(_ => Range(
                s_blob[Cut..], $"bytes {Cut}-{s_blob.Length - 1}/{s_blob.Length + 1}")),
                $"blob has the wrong size: expected {s_blob.Length} bytes, got {s_blob.Length + 1}", Cut),
            new("gives a part and says nothing of the whole", AfterCut(_ => Range(
                s_blob[Cut..], $"bytes {Cut}-{s_blob.Length - 1}/*"))),
            new("says that there is no such part", AfterCut(_ =>
                Answer.Text(416, "").With("Content-Range", $"bytes */{s_blob.Length}"))),
            new("gives the part as another's bytes", AfterCut(_ => Range(new byte[s_blob.Length - Cut], whole)),
                "mismatch: expected |malformed gzip"),
        ];
    }

    private static Func<Request, int, Answer?> Once(Answer answer) => (_, count) => count == 0 ? answer : null;

    private static Func<Request, int, Answer?> Always(Func<Request, Answer?> answer) => (request, _) => answer(request);

    // The connection breaks, and the request for the rest is answered in this way; for all, as one should.
    private static Func<Request, int, Answer?> AfterCut(Func<Request, Answer> answer) => (request, count) =>
        count == 0 ? Part(request, Cut) : Start(request) is var start && start > 0 && start <= Cut
            ? answer(request) : null;

    private static Answer Range(byte[] body, string range) =>
        new Answer { Status = 206, Body = body }.With("Content-Range", range);

    // An answer as one should give, that ends at one byte of the blob.
    private static Answer Part(Request request, int end, int stallMs = 0, bool reset = false)
    {
        int start = Start(request);
        var answer = new Answer
        {
            Status = start > 0 ? 206 : 200, Body = s_blob[start..], BreakAfter = Math.Max(0, end - start),
            StallMs = stallMs, Reset = reset,
        };
        return start == 0 ? answer
            : answer.With("Content-Range", $"bytes {start}-{s_blob.Length - 1}/{s_blob.Length}");
    }

    private static int Start(Request request) => request["Range"] is { } range
        ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
}
