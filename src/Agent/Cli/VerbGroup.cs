namespace Skiff.Agent.Cli;

/// <summary>Under which heading of <c>skiff --help</c> a verb stands.</summary>
internal enum VerbGroup
{
    /// <summary>What most people need.</summary>
    Common,

    /// <summary>The other verbs of one word.</summary>
    Other,

    /// <summary>Verbs of two words: help lists their first word only.</summary>
    Management,

    /// <summary>Not listed: the engine calls them itself.</summary>
    Hidden,
}
