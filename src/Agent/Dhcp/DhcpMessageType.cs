namespace Skiff.Agent.Dhcp;

/// <summary>Option 53 (RFC 2132 section 9.6).</summary>
internal enum DhcpMessageType : byte
{
    /// <summary>None was told.</summary>
    None = 0,

    /// <summary>Client: who has an address for me?</summary>
    Discover = 1,

    /// <summary>Server: this one.</summary>
    Offer = 2,

    /// <summary>Client: I take that one, or want to keep mine.</summary>
    Request = 3,

    /// <summary>Server: it is yours.</summary>
    Ack = 5,

    /// <summary>Server: it is not.</summary>
    Nak = 6,

    /// <summary>Client: I need it no more.</summary>
    Release = 7,
}
