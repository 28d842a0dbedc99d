namespace Skiff.Agent.Manager;

/// <summary>Why something cannot be, for whoever answers with a status rather than with words.</summary>
internal enum UsageKind
{
    /// <summary>What is asked for makes no sense, or cannot be done.</summary>
    Invalid,

    /// <summary>There is no such object.</summary>
    NotFound,

    /// <summary>The object is in a state that does not allow it, or is used by others.</summary>
    Conflict,

    /// <summary>It is never allowed, or not while others have what is asked for.</summary>
    Forbidden,
}
