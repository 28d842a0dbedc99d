namespace Skiff.Agent.Networks.Policies;

/// <summary>Places that have a word of their own.</summary>
[Flags]
internal enum PolicyEntity
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The host's own addresses.</summary>
    Host = 1,

    /// <summary>Private addresses outside the engine's networks (RFC 1918, 3927, 4193, 4291, 6598).</summary>
    Lan = 2,

    /// <summary>All others outside the engine's networks.</summary>
    Internet = 4,
}
