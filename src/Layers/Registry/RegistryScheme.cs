using System.Net;

namespace Skiff.Layers.Registry;

/// <summary>
/// Whether a registry is spoken to over HTTP or HTTPS. HTTPS; but one on a loopback address is asked in the clear first
/// and over HTTPS when it does not speak that, and one that is marked insecure the other way round, as Docker has it.
/// Once something has answered, a broken connection does not mean that it wants to be spoken to otherwise. Who says
/// <c>only</c> which one, is not given the other.
/// </summary>
internal sealed class RegistryScheme(bool isLoopback, bool isInsecure, string? only = null)
{
    private volatile string _current =
        only ?? (isLoopback ? Uri.UriSchemeHttp : Uri.UriSchemeHttps);
    private volatile bool _isKnown;
    private volatile Exception? _firstFailure;

    /// <summary>http or https, as of now.</summary>
    public string Current => _current;

    /// <summary>Whether nobody has to be who they say they are.</summary>
    public bool TakesAnyCertificate => only is null && (isLoopback || isInsecure);

    /// <summary>It has answered, in one way or another.</summary>
    public void Settle() => _isKnown = true;

    /// <summary>Whether an answer means that the request should be sent over the other scheme.</summary>
    public bool TrySwitch(HttpResponseMessage response)
    {
        bool mayBeTls = isLoopback && response.StatusCode == HttpStatusCode.BadRequest
            && !response.Headers.Contains("Docker-Distribution-Api-Version");
        if (!mayBeTls) Settle();
        return mayBeTls && TrySwitch();
    }

    /// <summary>Whether a failure means that the request should be sent over the other scheme.</summary>
    public bool TrySwitch(Exception e)
    {
        bool isOther = e is HttpRequestException { HttpRequestError: var error } && (isLoopback
            ? error is HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded
            : error is HttpRequestError.SecureConnectionError or HttpRequestError.ConnectionError
                or HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded);
        if (!isOther || !TrySwitch()) return false;
        _firstFailure = e;
        return true;
    }

    /// <summary>Notes what a request has ended with that made <see cref="TrySwitch()"/> try the other scheme.</summary>
    public void Failed(Exception e) => _firstFailure = e;

    /// <summary>
    /// The failure that tells more, when both schemes have failed: without TLS to be had at a loopback address, the one
    /// in the clear. The next attempt begins anew.
    /// </summary>
    public Exception Cause(Exception e)
    {
        if (_isKnown || _firstFailure is not { } first) return e;
        (_firstFailure, _current) = (null, isLoopback ? Uri.UriSchemeHttp : Uri.UriSchemeHttps);
        bool hasNoTls = e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
        return isLoopback && hasNoTls ? first : e;
    }

    private bool TrySwitch()
    {
        if (!TakesAnyCertificate || _isKnown || _firstFailure is not null) return false;
        _current = _current == Uri.UriSchemeHttp ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        return true;
    }
}
