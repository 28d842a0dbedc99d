using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Images;

/// <summary>Docker's words for where a layer is; the one that Docker lacks is for a pull that goes on.</summary>
internal static class LayerWords
{
    /// <summary>The status of Docker's stream.</summary>
    public static string Of(in LayerProgress progress) => progress.State switch
    {
        LayerState.PullingFsLayer => "Pulling fs layer",
        LayerState.Preparing => "Preparing",
        LayerState.Waiting => "Waiting",
        LayerState.AlreadyExists => "Already exists",
        LayerState.Resuming => "Resuming",
        LayerState.Downloading => "Downloading",
        LayerState.VerifyingChecksum => "Verifying Checksum",
        LayerState.DownloadComplete => "Download complete",
        LayerState.Extracting => "Extracting",
        LayerState.PullComplete => "Pull complete",
        LayerState.Pushing => "Pushing",
        LayerState.Pushed => "Pushed",
        LayerState.LayerAlreadyExists => "Layer already exists",
        LayerState.Mounted => $"Mounted from {progress.Origin}",
        _ => "Loading layer",
    };

    /// <summary>Whether bytes are counted: such an event comes again and again, the others once.</summary>
    public static bool HasCounts(LayerState state) => state is LayerState.Resuming or LayerState.Downloading
        or LayerState.Extracting or LayerState.Pushing or LayerState.Loading;

    /// <summary>Whether nothing more will come.</summary>
    public static bool IsLast(in LayerProgress progress) => progress.State is LayerState.AlreadyExists
        or LayerState.PullComplete or LayerState.Pushed or LayerState.LayerAlreadyExists or LayerState.Mounted
        || (progress.State is LayerState.Loading && progress.DoneBytes == progress.TotalBytes);
}
