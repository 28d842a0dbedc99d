using System.Buffers;
using System.Text;

namespace Skiff.Agent.Api.Http;

/// <summary>Reads a request's head (RFC 9112, sections 3 and 5), given what has come so far.</summary>
internal static class RequestParser
{
    /// <summary>Bytes of the head at the most: a login for a registry is in a header, and is long.</summary>
    public const int MaxHeadBytes = 64 << 10;

    private const int MaxHeaders = 100;

    private static readonly SearchValues<char> s_token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Reads a head; false when it isn't whole yet.</summary>
    /// <param name="buffer">What has come; afterwards what follows the head.</param>
    /// <param name="head">The head.</param>
    /// <exception cref="HttpFault">It is none, or too long.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out RequestHead? head)
    {
        head = null;
        var reader = new SequenceReader<byte>(buffer);
        // Some clients end a body with an empty line too many.
        while (reader.TryPeek(out byte b) && b is (byte)'\r' or (byte)'\n') reader.Advance(1);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> bytes, "\r\n\r\n"u8))
        {
            if (buffer.Length > MaxHeadBytes) throw new HttpFault(431, $"the head is longer than {MaxHeadBytes} bytes");
            return false;
        }
        if (bytes.Length > MaxHeadBytes) throw new HttpFault(431, $"the head is longer than {MaxHeadBytes} bytes");
        head = Parse(Encoding.Latin1.GetString(bytes).Split("\r\n"));
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private static RequestHead Parse(string[] lines)
    {
        string[] words = lines[0].Split(' ');
        if (words.Length != 3 || words[0].Length == 0 || words[0].AsSpan().ContainsAnyExcept(s_token))
            throw new HttpFault(400, "malformed request line");
        if (words[2] is not ("HTTP/1.1" or "HTTP/1.0"))
            throw new HttpFault(505, "only HTTP/1.1 and HTTP/1.0 are served here");
        string target = Target(words[1]);
        int mark = target.IndexOf('?');
        var head = new RequestHead
        {
            Method = words[0], Path = mark < 0 ? target : target[..mark],
            Query = Query.Parse(mark < 0 ? "" : target[(mark + 1)..]), Minor = words[2][^1] - '0',
        };
        if (lines.Length - 1 > MaxHeaders) throw new HttpFault(431, $"more than {MaxHeaders} headers");
        foreach (string line in lines.AsSpan(1)) AddHeader(head, line);
        head.Settle();
        return head;
    }

    // A client that speaks to a proxy, or believes to, writes the whole address.
    private static string Target(string target)
    {
        int scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0 && !target.StartsWith('/'))
        {
            int slash = target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }
        return target.StartsWith('/') ? target : throw new HttpFault(400, "malformed request target");
    }

    private static void AddHeader(RequestHead head, string line)
    {
        int colon = line.IndexOf(':');
        // Neither a name with a space nor a line that goes on the one before: a proxy could read them differently.
        if (colon <= 0 || line.AsSpan(0, colon).ContainsAnyExcept(s_token)
            || line.AsSpan().ContainsAny('\0', '\r', '\n'))
            throw new HttpFault(400, "malformed header");
        head.Add(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
    }
}
