namespace Skiff.Agent.Dns;

/// <summary>
/// Types of records, and of questions, that are looked at here (IANA's registry); others pass through.
/// </summary>
internal enum DnsType : ushort
{
    /// <summary>None: reserved.</summary>
    None = 0,

    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>A name server.</summary>
    NS = 2,

    /// <summary>The name that this one is an alias of.</summary>
    CNAME = 5,

    /// <summary>The zone's own record; its last field limits negative answers.</summary>
    SOA = 6,

    /// <summary>The name of an address.</summary>
    PTR = 12,

    /// <summary>A mail server.</summary>
    MX = 15,

    /// <summary>Text.</summary>
    TXT = 16,

    /// <summary>An IPv6 address.</summary>
    AAAA = 28,

    /// <summary>Where a service is.</summary>
    SRV = 33,

    /// <summary>An alias for a whole tree.</summary>
    DNAME = 39,

    /// <summary>EDNS0's pseudo-record (RFC 6891).</summary>
    OPT = 41,

    /// <summary>A transfer of changes: not for resolvers.</summary>
    IXFR = 251,

    /// <summary>A transfer of a zone: not for resolvers.</summary>
    AXFR = 252,

    /// <summary>A question for whatever there is.</summary>
    ANY = 255,
}
