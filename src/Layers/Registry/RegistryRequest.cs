using System.Net;

namespace Skiff.Layers.Registry;

/// <summary>One request of the distribution API, as <see cref="RegistryTransport"/> sends it.</summary>
/// <param name="Method">GET, HEAD, POST, PATCH, PUT or DELETE.</param>
/// <param name="Target">A path (<c>/v2/…</c>), or the URL of an upload as the registry gave it; whatever is on another
/// host than the registry gets no credentials.</param>
/// <param name="Scopes">What the request needs the right for, as the token specification writes it:
/// <c>repository:library/busybox:pull</c>. None for <c>/v2/</c> itself.</param>
internal sealed record RegistryRequest(HttpMethod Method, string Target, params IReadOnlyList<string> Scopes)
{
    /// <summary>The Accept header.</summary>
    public string? Accept { get; init; }

    /// <summary>The first byte that is wanted.</summary>
    public long Offset { get; init; }

    /// <summary>The place of this body in the whole, as Content-Range of distribution-spec has it:
    /// <c>0-1023</c>.</summary>
    public string? ContentRange { get; init; }

    /// <summary>The first byte of the whole that the body brings; one that is further on counts as progress.</summary>
    public long BodyStart { get; init; }

    /// <summary>Makes the body, anew for each time that the request is sent.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Statuses other than success that answer the question, as 404 does for HEAD.</summary>
    public IReadOnlyList<HttpStatusCode> AlsoAnswers { get; init; } = [];

    /// <summary>Says what to send instead, when the request may or may not have arrived and must not be sent again as
    /// it is. Null for a request that may.</summary>
    public Func<CancellationToken, Task<RegistryRequest>>? Renew { get; init; }

    /// <summary>Whether the body waits for a word of the registry (Expect: 100-continue, RFC 9110 section 10.1.1); one
    /// that says nothing gets it a second later.</summary>
    public bool AsksFirst { get; init; }

    /// <summary>How many idle times the answer may take: some registries copy a blob before they answer.</summary>
    public int Patience { get; init; } = 1;

    /// <summary>The scope of reading a repository.</summary>
    public static string Pull(string repository) => $"repository:{repository}:pull";

    /// <summary>The scope of reading and writing a repository.</summary>
    public static string Push(string repository) => $"repository:{repository}:pull,push";

    /// <summary>A request that reads.</summary>
    public static RegistryRequest Get(string path, string repository) =>
        new(HttpMethod.Get, path, Pull(repository));

    internal bool IsAnsweredBy(HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode) return true;
        foreach (HttpStatusCode status in AlsoAnswers)
            if (response.StatusCode == status) return true;
        return false;
    }

    internal HttpRequestMessage ToMessage(Uri uri)
    {
        var message = new HttpRequestMessage(Method, uri) { Content = Content?.Invoke() };
        if (ContentRange is not null) message.Content?.Headers.TryAddWithoutValidation("Content-Range", ContentRange);
        if (Accept is not null) message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (AsksFirst) message.Headers.ExpectContinue = true;
        if (Offset > 0) message.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(Offset, null);
        return message;
    }
}
