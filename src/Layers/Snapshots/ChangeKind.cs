namespace Skiff.Layers.Snapshots;

/// <summary>What kind of change a container made to a path, with docker's letters.</summary>
public enum ChangeKind
{
    /// <summary>It was there before.</summary>
    Modified = 'C',

    /// <summary>It was not.</summary>
    Added = 'A',

    /// <summary>It is gone.</summary>
    Deleted = 'D',
}
