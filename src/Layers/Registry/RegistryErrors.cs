using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry.Configuration;

namespace Skiff.Layers.Registry;

/// <summary>What went wrong with a registry, in words for its user.</summary>
internal static class RegistryErrors
{
    /// <summary>What to do about a manifest that is not there.</summary>
    public const string CheckName = "; check the name and the tag";

    private const int MaxErrorBytes = 64 << 10;

    private const string InsecureAdvice =
        $"if it is meant to be used over HTTP, mark it as insecure in {RegistryConfiguration.DefaultFile}";

    /// <summary>Whether trying again may help: the connection broke, or nothing came in time.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        _ when IsTlsProblem(e) => false,
        HttpRequestException { InnerException: SocketException socket } => IsTransient(socket.SocketErrorCode),
        HttpRequestException http => http.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown
            or HttpRequestError.ConnectionError,
        IOException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Whether trying again may help: the registry is overloaded or restarting.</summary>
    public static bool IsTransient(HttpStatusCode status) => (int)status is 408 or 429 or 500 or 502 or 503 or 504;

    /// <summary>Whether an exchange has failed, other than by being called off.</summary>
    public static bool IsExchangeFailure(Exception e, CancellationToken cancellation) =>
        e is HttpRequestException or IOException or TimeoutException && !cancellation.IsCancellationRequested;

    /// <summary>How long a server asks to be left alone (RFC 9110 section 10.2.3: seconds or a date).</summary>
    public static TimeSpan? WaitAskedFor(HttpResponseMessage response) =>
        response.Headers.RetryAfter is not { } wait ? null
            : wait.Delta ?? wait.Date - (response.Headers.Date ?? DateTimeOffset.UtcNow);

    /// <summary>From a failed exchange with a server: a registry, unless it is called something else.</summary>
    public static ImageException From(string authority, Exception e, string server = "registry")
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain
                or SocketError.NoData })
                return new ImageException(
                    $"cannot resolve {server} host {authority}: {cause.Message}; check the name and the DNS", e);
            if (cause is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted
                or SocketError.Shutdown } broken)
                return new ImageException($"{server} {authority} broke the connection off: {Text(broken)}", e);
            if (cause is SocketException socket)
                return new ImageException($"cannot reach {server} {authority}: connect: {Text(socket)}", e);
            if (TlsProblem(cause.Message) is { } problem)
                return new ImageException($"cannot talk to {server} {authority}: {problem}", e);
            if (cause is AuthenticationException && cause.InnerException is null)
                return new ImageException($"cannot trust {server} {authority}: {cause.Message}", e);
            if (cause is TimeoutException)
                return new ImageException($"{server} {authority} does not answer: {ErrnoText.Of(Errno.ETIMEDOUT)}", e);
        }
        if (e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
            return new ImageException(
                $"cannot talk to {server} {authority}: it has broken the TLS handshake off; {InsecureAdvice}", e);
        return new ImageException($"talking to {server} {authority}: {e.Message}", e);
    }

    /// <summary>From an answer that is not success: the registry's own words and the status, or a plain name for the
    /// status.</summary>
    public static async Task<ImageException> FromAsync(
        HttpResponseMessage response, int timeoutMs, CancellationToken cancellation)
    {
        int status = (int)response.StatusCode;
        string? said = await SaidAsync(response, timeoutMs, cancellation).ConfigureAwait(false);
        string text = said ?? status switch
        {
            401 => "authentication required",
            403 => "access denied",
            404 => "not found",
            429 => "too many requests",
            _ => "registry answered " + response.ReasonPhrase,
        };
        return new ImageException($"{text} ({status})", KindOf(status));
    }

    /// <summary>What kind of error a refusal is.</summary>
    public static ImageErrorKind KindOf(int status) => status switch
    {
        401 or 403 => ImageErrorKind.Denied,
        404 => ImageErrorKind.NotFound,
        _ => ImageErrorKind.Bad,
    };

    /// <summary>What can be done about a refusal, to be put behind its text.</summary>
    /// <param name="status">How the registry has refused.</param>
    /// <param name="target">What was asked for.</param>
    /// <param name="login">The command that logs in.</param>
    public static string Advice(HttpStatusCode status, string target, string login) => status switch
    {
        HttpStatusCode.Unauthorized => $"; log in with {login}",
        HttpStatusCode.Forbidden => $"; use a login that may do this: {login}",
        HttpStatusCode.NotFound when target.Contains("/manifests/", StringComparison.Ordinal) =>
            CheckName,
        HttpStatusCode.NotFound when target.Contains("/blobs/sha256:", StringComparison.Ordinal) =>
            "; the registry lacks a part of the image, which has to be pushed again",
        _ when IsTransient(status) => "; try again later",
        _ => "",
    };

    /// <summary>What a server says about its refusal, or null.</summary>
    public static async Task<string?> SaidAsync(
        HttpResponseMessage response, int timeoutMs, CancellationToken cancellation)
    {
        try
        {
            return FirstMessage(await RegistryBody
                .ReadAsync(response, MaxErrorBytes, "error", timeoutMs, cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException or ImageException or JsonException or TimeoutException
                or InvalidOperationException)
        {
            // The status alone then has to tell; a broken error body, or half a surrogate pair in it, is no news.
            return null;
        }
    }

    // distribution-spec "Error codes": {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}
    private static string? FirstMessage(byte[] body)
    {
        if (body.Length == 0) return null;
        using JsonDocument document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("errors", out JsonElement errors)
            || errors.ValueKind != JsonValueKind.Array || errors.GetArrayLength() == 0) return null;
        JsonElement first = errors[0];
        if (first.ValueKind != JsonValueKind.Object) return null;
        foreach (string name in (ReadOnlySpan<string>)["message", "code"])
            if (first.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                && value.GetString() is { Length: > 0 } text)
                return Printable(text);
        return null;
    }

    // A registry's words go to a terminal: no control characters, no novels.
    internal static string Printable(string text)
    {
        Span<char> clean = text.Length > 200 ? text.AsSpan(0, 200).ToArray() : text.ToCharArray();
        foreach (ref char c in clean)
            if (char.IsControl(c))
                c = ' ';
        return clean.ToString();
    }

    private static bool IsTlsProblem(Exception? e) =>
        e is not null && (TlsProblem(e.Message) is not null || IsTlsProblem(e.InnerException));

    // The words of OpenSSL and its callers, which come through as the text of an exception, in
    // ours.
    private static string? TlsProblem(string text)
    {
        if (text.Contains("wrong version number", StringComparison.Ordinal)
            || text.Contains("packet length too long", StringComparison.Ordinal)
            || text.Contains("Cannot determine the frame size", StringComparison.Ordinal))
            return $"it does not speak TLS; {InsecureAdvice}";
        if (text.Contains("certificate required", StringComparison.Ordinal)
            || text.Contains("alert bad certificate", StringComparison.Ordinal)
            || text.Contains("alert handshake failure", StringComparison.Ordinal))
            return "it wants a client certificate that it knows; put one into /etc/docker/certs.d/HOST/client.cert, "
                + "its key into client.key beside it";
        return null;
    }

    private static string Text(SocketException e)
    {
        Errno errno = e.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => Errno.ECONNREFUSED,
            SocketError.ConnectionReset => Errno.ECONNRESET,
            SocketError.NetworkUnreachable => Errno.ENETUNREACH,
            SocketError.HostUnreachable => Errno.EHOSTUNREACH,
            SocketError.TimedOut => Errno.ETIMEDOUT,
            SocketError.NetworkDown => Errno.ENETDOWN,
            SocketError.AddressNotAvailable => Errno.EADDRNOTAVAIL,
            SocketError.AccessDenied => Errno.EACCES,
            _ => Errno.None,
        };
        return errno == Errno.None ? e.Message : ErrnoText.Of(errno);
    }

    private static bool IsTransient(SocketError error) =>
        error is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.TryAgain
            or SocketError.Shutdown;
}
