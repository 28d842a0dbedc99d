namespace Skiff.PowerCut;

/// <summary>What a power cut does to writes that were not flushed.</summary>
internal enum CutMode
{
    /// <summary>All reach the medium: only the guest's own caches are lost.</summary>
    KeepsAll,

    /// <summary>None does.</summary>
    LosesAll,

    /// <summary>Each does or doesn't.</summary>
    LosesWrites,

    /// <summary>As <see cref="LosesWrites"/>, and of every fourth only a part does.</summary>
    TearsWrites,
}
