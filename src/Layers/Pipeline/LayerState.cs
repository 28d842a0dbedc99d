namespace Skiff.Layers.Pipeline;

/// <summary>Where a layer is on its way; the order is the order of events.</summary>
public enum LayerState
{
    /// <summary>Pull: known to be needed.</summary>
    PullingFsLayer,

    /// <summary>Push: looked for at the registry.</summary>
    Preparing,

    /// <summary>Others go first.</summary>
    Waiting,

    /// <summary>Pull: already in the store; nothing more will come.</summary>
    AlreadyExists,

    /// <summary>Pull: an earlier one has left the first bytes, so many as are done; the rest is asked for.</summary>
    Resuming,

    /// <summary>Pull: bytes are coming and are unpacked as they come.</summary>
    Downloading,

    /// <summary>Pull: all compressed bytes are here and are compared with the digest.</summary>
    VerifyingChecksum,

    /// <summary>Pull: all compressed bytes are here, and are those that the digest names.</summary>
    DownloadComplete,

    /// <summary>Pull: all is unpacked and is made durable.</summary>
    Extracting,

    /// <summary>Pull: verified, flushed and visible.</summary>
    PullComplete,

    /// <summary>Push: bytes are going.</summary>
    Pushing,

    /// <summary>Push: the registry has all of it.</summary>
    Pushed,

    /// <summary>Push: the repository had it already.</summary>
    LayerAlreadyExists,

    /// <summary>Push: the registry took it from another of its repositories.</summary>
    Mounted,

    /// <summary>Load: bytes are coming out of the archive and are unpacked as they come; the last event has
    /// all.</summary>
    Loading,
}
