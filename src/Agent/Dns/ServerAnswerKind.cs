namespace Skiff.Agent.Dns;

/// <summary>What a server's message is worth.</summary>
internal enum ServerAnswerKind
{
    /// <summary>No answer to our question: as if it had not come.</summary>
    Foreign,

    /// <summary>An answer that cannot be read.</summary>
    Broken,

    /// <summary>An answer that does not fit; the whole of it comes by TCP.</summary>
    Truncated,

    /// <summary>The server says that it cannot, or will not; another one may.</summary>
    Failing,

    /// <summary>An answer.</summary>
    Good,
}
