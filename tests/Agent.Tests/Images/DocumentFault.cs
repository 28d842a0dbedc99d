using System.Globalization;
using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>
/// What a registry or its token server may do wrong with one document of a pull, and what has to come of it. What it
/// may do wrong with a layer is in <c>RegistryFault</c>.
/// </summary>
/// <param name="What">In words.</param>
/// <param name="Of">The document.</param>
/// <param name="Reply">To a request for it; null to answer as one should.</param>
/// <param name="Error">What the error says, HOST for the registry; null when the pull succeeds all the same.</param>
/// <param name="Asks">How often the document is asked for.</param>
public sealed partial record DocumentFault(
    string What, Document Of, Func<DocumentRequest, Answer?> Reply, string? Error, int Asks)
{
    internal const string Repository = "a";

    private const int Long = 60_000, Impatient = 300;

    private static readonly Document[] s_documents = [Document.Token, Document.Manifest, Document.Config];

    /// <summary>How long the client waits for anything.</summary>
    public int PatienceMs { get; init; } = 10_000;

    public override string ToString() => $"{Of} {What}";

    public static IEnumerable<DocumentFault> All()
    {
        foreach (Document of in s_documents)
            foreach (DocumentFault fault in (IEnumerable<DocumentFault>)
                [.. Silent(of), .. Broken(of), .. TooMuch(of), .. Overloaded(of), .. Refused(of)])
                yield return fault;
        foreach (DocumentFault fault in (IEnumerable<DocumentFault>)
            [.. Lying(), .. Redirected(), .. Forgotten(), .. Tokens(), .. Manifests(), .. Indexes(), .. Configs()])
            yield return fault;
    }

    private static string Server(Document of) => of == Document.Token ? "authorization: token server" : "registry";

    private static IEnumerable<DocumentFault> Silent(Document of)
    {
        string error = of == Document.Token ? "authorization: token server HOST does not answer: ETIMEDOUT"
            : "registry HOST does not answer: ETIMEDOUT";
        return
            from fault in Twice("stalls before the headers", of, r => new Answer { StallBeforeHeadMs = Long }, error)
                .Concat(Twice("stalls in the body", of,
                    r => new Answer { Body = r.Body, BreakAfter = r.Body.Length / 2, StallMs = Long }, error))
            select fault with { PatienceMs = Impatient };
    }

    private static IEnumerable<DocumentFault> Broken(Document of) =>
    [
        .. Twice("ends before its first byte", of, r => new Answer { Body = r.Body, BreakAfter = 0 }, Ended(of)),
        .. Twice("ends before its last byte", of,
            r => new Answer { Body = r.Body, BreakAfter = r.Body.Length - 1 }, Ended(of)),
        .. Twice("is announced a byte longer than it comes", of,
            r => new Answer { Body = r.Body, ContentLength = r.Body.Length + 1 }, Ended(of)),
        .. Twice("is reset in the middle", of,
            r => new Answer { Body = r.Body, BreakAfter = r.Body.Length / 2, Reset = true },
            $"{Server(of)} HOST broke the connection off: ECONNRESET"),
        .. Twice("ends within a chunk", of, r => Chunks(r, $"{r.Body.Length:x}\r\n", r.Body[1..]), Ended(of)),
        .. Twice("ends between chunks", of, r => Chunks(r, $"{r.Body.Length:x}\r\n", [.. r.Body, .. "\r\n"u8]),
            Ended(of)),
        .. Twice("comes in chunks that are none", of, r => Chunks(r, "many\r\n", r.Body),
            of == Document.Token ? "authorization: talking to token server HOST: " : "talking to registry HOST: "),
    ];

    private static string Ended(Document of) => of == Document.Token
        ? "authorization: talking to token server HOST: The response ended prematurely"
        : "talking to registry HOST: The response ended prematurely";

    private static Answer Chunks(DocumentRequest request, string head, byte[] body) => new()
    {
        Raw = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: {request.Type}\r\n"
            + $"Transfer-Encoding: chunked\r\n\r\n{head}"), .. body],
    };

    private static IEnumerable<DocumentFault> TooMuch(Document of)
    {
        (int most, string what) = of switch
        {
            Document.Token => (1 << 20, "authorization: token from HOST of "),
            Document.Manifest => (Manifest.MaxBytes, "manifest of "),
            _ => (ImageConfig.MaxBytes, " of "),
        };
        byte[] large = [.. Enumerable.Repeat((byte)' ', most + 1)], piece = large[..(64 << 10)];
        return
        [
            new("is too large", of, r => r.Typed(new Answer { Body = large }),
                $"{what}{most + 1} bytes: expected {most} at most", 1),
            new("is too large and does not say so", of, r => r.Typed(new Answer { Body = large, Chunked = true }),
                $"{what}more than {most} bytes", 1),
            new("has no end", of, r => r.Typed(new Answer { Body = piece, Chunked = true, Endless = true }),
                $"{what}more than {most} bytes", 1),
        ];
    }

    // Whatever the wait that is asked for, it ends with the client's patience.
    private static IEnumerable<DocumentFault> Overloaded(Document of)
    {
        foreach (int status in (int[])[408, 429, 500, 502, 503, 504])
            foreach (DocumentFault fault in Twice($"is answered {status}", of, _ => Answer.Text(status, ""),
                of == Document.Token ? $"authorization: token server HOST answered {status}; try again later"
                    : $"({status}); try again later"))
                yield return fault;
        string date = DateTimeOffset.UtcNow.AddHours(1).ToString("R", CultureInfo.InvariantCulture);
        foreach ((string what, string value) in ((string, string)[])
            [("for an hour", "3600"), ("until a time", date), ("for nonsense", "soon")])
            foreach (int status in (int[])[429, 503])
                yield return new($"is answered {status} and cannot be had {what}", of,
                    Once(_ => Answer.Text(status, "").With("Retry-After", value)), null, 2);
    }

    private static IEnumerable<DocumentFault> Refused(Document of)
    {
        const string forbidden = """{"errors":[{"code":"DENIED","message":"not for you"}]}""";
        return of == Document.Token ?
        [
            new("is refused to everybody", of, _ => Answer.Text(401, ""),
                "authorization: token server HOST answered 401; a login may be needed (skiff login)", 1),
            new("is refused", of, _ => Answer.Text(403, forbidden),
                "authorization: token server HOST answered 403 (not for you); a login may be needed (skiff login)", 1),
            new("is asked for too often", of, _ => Answer.Text(429,
                """{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit"}]}"""),
                "token server HOST answered 429 (You have reached your pull rate limit); try again later", 2),
            new("is not sold here", of, _ => Answer.Text(404, ""),
                "authorization: token server HOST answered 404; try again later", 1),
        ] :
        [
            new("is refused", of, _ => Answer.Text(403, forbidden),
                "not for you (403); use a login that may do this: `skiff login HOST`", 1),
            new("is not there", of, _ => Answer.Text(404, "<html>"), of == Document.Manifest
                ? "not found (404); check the name and the tag"
                : "not found (404); the registry lacks a part of the image, which has to be pushed again", 1),
            new("is answered with a teapot", of, _ => Answer.Text(418, "{"), "registry answered Status (418)", 1),
            new("is not to be had without a login", of, _ => Answer.Text(401,
                """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"x"}]}]}"""),
                "authentication required (401); log in with `skiff login HOST`", 1),
            new("is of a repository that nobody knows", of, _ => Answer.Text(404,
                """{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"""),
                "repository name not known to registry (404); ", 1),
            new("is denied by a code alone", of, _ => Answer.Text(403, """{"errors":[{"code":"DENIED"}]}"""),
                "DENIED (403); use a login that may do this: `skiff login HOST`", 1),
            new("is refused in colours and at length", of, _ => Answer.Text(400,
                $$"""{"errors":[{"message":"\u001b[31mred\r\n{{new string('x', 1000)}}"}]}"""),
                $" [31mred  {new string('x', 100)}", 1),
            new("is refused by an error that is none", of, _ => Answer.Text(400,
                """{"errors":[{"message":{"a":1}},7]}"""), "registry answered Status (400)", 1),
        ];
    }

    private static IEnumerable<DocumentFault> Lying() =>
    [
        new("is announced shorter than it comes", Document.Token,
            r => new Answer { Body = r.Body, ContentLength = r.Body.Length - 1 },
            "authorization: token server HOST sent no token", 1),
        new("is announced shorter than it comes", Document.Manifest,
            r => r.Named(new Answer { Body = r.Body, ContentLength = r.Body.Length - 1 }),
            "manifest digest mismatch: expected sha256:", 1),
        new("is announced shorter than it comes", Document.Config,
            r => new Answer { Body = r.Body, ContentLength = r.Body.Length - 1 }, "has the wrong size: expected ", 1),
        new("has one byte changed", Document.Manifest, r => r.Named(new Answer { Body = [.. r.Body[1..], 0] }),
            "manifest digest mismatch: expected sha256:", 1),
        new("has one byte changed", Document.Config, r => new Answer { Body = [.. r.Body[1..], 0] },
            "blob digest mismatch: expected sha256:", 1),
        new("is empty", Document.Token, r => r.Text(""), "authorization: token server HOST sent no token", 1),
        new("is empty", Document.Manifest, r => r.Text(""), "manifest is malformed: ", 1),
        new("is empty", Document.Config, r => r.Text(""), "has the wrong size: expected ", 1),
    ];

    private static IEnumerable<DocumentFault> Redirected()
    {
        yield return new("is elsewhere, which a token server has no business to say", Document.Token,
            r => To(Elsewhere(r)), "authorization: token server HOST answered 307", 1);
        foreach (Document of in (Document[])[Document.Manifest, Document.Config])
        {
            yield return new("is redirected in a loop", of, r => To(r.Path), "more than 5 redirects, the last to ", 6);
            yield return new("is elsewhere", of, Once(r => To(Elsewhere(r))), null, 2);
            yield return new("is elsewhere and refused there", of,
                r => r.Count == 0 ? To(Elsewhere(r)) : r.Count == 1 ? Answer.Text(401, "") : null,
                ", to which HOST redirects: authentication required (401)", 2);
            yield return new("is nowhere", of, _ => To("http://127.0.0.1:1/x"),
                "cannot reach registry 127.0.0.1:1, to which HOST redirects: connect: ECONNREFUSED", 1);
            yield return new("is in a file", of, _ => To("file:///etc/passwd"), "refusing the redirect from ", 1);
        }
    }

    private static Answer To(string location) => Answer.Text(307, "").With("Location", location);

    // The same server under another name.
    private static string Elsewhere(DocumentRequest request) =>
        $"http://localhost:{request.Registry.Host.Split(':')[1]}{request.Path}";

    // A token can end at any time.
    private static IEnumerable<DocumentFault> Forgotten() =>
        from of in (Document[])[Document.Config, Document.Layer]
        from fault in (DocumentFault[])
        [
            new("wants another token", of, Once(r => r.Challenge()), null, 2),
            new("is given for no token", of, r => r.Challenge(),
                "authentication required (401); log in with `skiff login HOST`", 2),
        ]
        select fault;

    // Once, which is got over, and always.
    private static IEnumerable<DocumentFault> Twice(
        string what, Document of, Func<DocumentRequest, Answer> reply, string error) =>
        [new(what + " once", of, Once(reply), null, 2), new(what, of, reply, error, 2)];

    private static Func<DocumentRequest, Answer?> Once(Func<DocumentRequest, Answer> reply) =>
        request => request.Count == 0 ? reply(request) : null;
}
