namespace Skiff.Agent.Api;

/// <summary>What an operation means to a socket whose clients have what bears one label, and nothing else.</summary>
internal enum ScopeRule
{
    /// <summary>Refused: it would reach beyond the label, or it is not known here.</summary>
    Refused,

    /// <summary>It concerns nobody's things, or images, which are the host's.</summary>
    Free,

    /// <summary>Its handler asks <see cref="Scoped"/> which things it may name, or what it may make.</summary>
    Handled,

    /// <summary>Its path names a container, which has to bear the label.</summary>
    Container,

    /// <summary>Its path names a process in such a container.</summary>
    Exec,

    /// <summary>Its path names a network, which has to bear the label.</summary>
    Network,

    /// <summary>Its path names a volume, which has to bear the label.</summary>
    Volume,
}
