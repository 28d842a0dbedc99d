using System.Globalization;

namespace Skiff.Agent.Api.Http;

/// <summary>A request's line and headers (RFC 9112).</summary>
internal sealed class RequestHead
{
    private readonly List<(string Name, string Value)> _headers = [];

    /// <summary>GET, POST, ...</summary>
    public required string Method { get; init; }

    /// <summary>The target up to its query, as it came: escaped.</summary>
    public required string Path { get; init; }

    /// <summary>What stands behind <c>?</c>.</summary>
    public required Query Query { get; init; }

    /// <summary>1 for HTTP/1.1, 0 for HTTP/1.0.</summary>
    public required int Minor { get; init; }

    /// <summary>Bytes of the body; 0 without one, -1 when it is chunked.</summary>
    public long BodyLength { get; private set; }

    /// <summary>Whether another request may follow on the connection.</summary>
    public bool KeepsAlive { get; private set; }

    /// <summary>The first header of that name, or null.</summary>
    public string? Header(string name)
    {
        foreach ((string key, string value) in _headers)
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase)) return value;
        return null;
    }

    /// <summary>Whether a header with a list of words has this one among them.</summary>
    public bool HasWord(string name, string word)
    {
        foreach ((string key, string value) in _headers)
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                foreach (string item in value.Split(','))
                    if (item.AsSpan().Trim().Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    /// <summary>Takes a header.</summary>
    public void Add(string name, string value) => _headers.Add((name, value));

    /// <summary>Looks at the headers that say where the request ends (RFC 9112, section 6).</summary>
    /// <exception cref="HttpFault">They contradict each other, so that two readers could see two different ends.
    /// </exception>
    public void Settle()
    {
        string? length = null;
        foreach ((string key, string value) in _headers)
        {
            if (!key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) continue;
            if (length is not null && length != value) throw new HttpFault(400, "two lengths of one body");
            length = value;
        }
        string? encoding = Header("Transfer-Encoding");
        if (encoding is not null && length is not null)
            throw new HttpFault(400, "both Transfer-Encoding and Content-Length");
        if (encoding is not null && !encoding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
            throw new HttpFault(501, $"unsupported transfer encoding: {encoding}");
        BodyLength = encoding is not null ? -1 : length is null ? 0
            : long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes
            : throw new HttpFault(400, $"bad Content-Length: {length}");
        if (Minor == 1 && Header("Host") is null) throw new HttpFault(400, "missing required Host header");
        KeepsAlive = Minor == 1 ? !HasWord("Connection", "close") : HasWord("Connection", "keep-alive");
    }
}
