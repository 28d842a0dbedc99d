namespace Skiff.Agent.Images;

/// <summary>Where a layer is on its way out; the order is the order of events.</summary>
internal enum PushState
{
    /// <summary>Known to belong to the image.</summary>
    Preparing,

    /// <summary>Bytes are going.</summary>
    Pushing,

    /// <summary>The registry had it in this repository.</summary>
    Exists,

    /// <summary>The registry had it in another repository, and has taken it over from there.</summary>
    Mounted,

    /// <summary>The registry has taken all bytes.</summary>
    Pushed,
}
