namespace Skiff.Layers.Pipeline;

/// <summary>Where a layer is on its way in; the order is the order of events.</summary>
public enum LayerState
{
    /// <summary>Known to be needed.</summary>
    Waiting,

    /// <summary>Already in the store; nothing more will come.</summary>
    AlreadyExists,

    /// <summary>Bytes are coming and are unpacked as they come.</summary>
    Downloading,

    /// <summary>All compressed bytes are here and have the right digest.</summary>
    DownloadComplete,

    /// <summary>Verified, flushed and visible.</summary>
    PullComplete,
}
