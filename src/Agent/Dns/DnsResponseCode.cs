namespace Skiff.Agent.Dns;

/// <summary>How a question was answered (RFC 1035 4.1.1, RFC 6891 9).</summary>
internal enum DnsResponseCode : ushort
{
    /// <summary>Answered, possibly with nothing.</summary>
    NOERROR = 0,

    /// <summary>The question was malformed.</summary>
    FORMERR = 1,

    /// <summary>Nobody could say.</summary>
    SERVFAIL = 2,

    /// <summary>There is no such name.</summary>
    NXDOMAIN = 3,

    /// <summary>Not that kind of request.</summary>
    NOTIMP = 4,

    /// <summary>Not for this client.</summary>
    REFUSED = 5,

    /// <summary>A version of EDNS that is unknown here; its upper bits travel in the OPT record.</summary>
    BADVERS = 16,
}
