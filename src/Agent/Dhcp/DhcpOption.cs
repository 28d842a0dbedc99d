namespace Skiff.Agent.Dhcp;

/// <summary>The options of RFC 2132 that are written or read.</summary>
internal enum DhcpOption : byte
{
    /// <summary>Padding, without a length.</summary>
    Pad = 0,

    /// <summary>Section 3.3.</summary>
    SubnetMask = 1,

    /// <summary>Section 3.5: gateways, the best one first.</summary>
    Router = 3,

    /// <summary>Section 3.8.</summary>
    DomainNameServer = 6,

    /// <summary>Section 3.14.</summary>
    HostName = 12,

    /// <summary>Section 3.17.</summary>
    DomainName = 15,

    /// <summary>Section 9.1.</summary>
    RequestedAddress = 50,

    /// <summary>Section 9.2: seconds.</summary>
    LeaseTime = 51,

    /// <summary>Section 9.3: options go on in the fields <c>file</c> (1), <c>sname</c> (2) or both (3).</summary>
    Overload = 52,

    /// <summary>Section 9.6.</summary>
    MessageType = 53,

    /// <summary>Section 9.7: the server's address.</summary>
    ServerIdentifier = 54,

    /// <summary>Section 9.8: what the client wants to be told.</summary>
    ParameterRequestList = 55,

    /// <summary>Section 9.9: why not.</summary>
    Message = 56,

    /// <summary>Section 9.11, T1: seconds.</summary>
    RenewalTime = 58,

    /// <summary>Section 9.12, T2: seconds.</summary>
    RebindingTime = 59,

    /// <summary>Section 9.14.</summary>
    ClientIdentifier = 61,

    /// <summary>The end, without a length.</summary>
    End = 255,
}
