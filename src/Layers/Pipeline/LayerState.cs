namespace Skiff.Layers.Pipeline;

/// <summary>Where a layer is on its way in; the order is the order of events.</summary>
public enum LayerState
{
    /// <summary>Known to be needed.</summary>
    Waiting,

    /// <summary>Already in the store; nothing more will come.</summary>
    AlreadyExists,

    /// <summary>An earlier pull has left the first bytes, so many as are done; the rest is asked for.</summary>
    Resuming,

    /// <summary>Bytes are coming and are unpacked as they come.</summary>
    Downloading,

    /// <summary>All compressed bytes are here and have the right digest.</summary>
    DownloadComplete,

    /// <summary>Verified, flushed and visible.</summary>
    PullComplete,
}
