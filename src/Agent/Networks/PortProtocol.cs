namespace Skiff.Agent.Networks;

/// <summary>Transport protocols that ports can be published of; the values are IPPROTO_*.</summary>
internal enum PortProtocol : byte
{
    /// <summary>TCP.</summary>
    Tcp = 6,

    /// <summary>UDP.</summary>
    Udp = 17,

    /// <summary>SCTP.</summary>
    Sctp = 132,
}
