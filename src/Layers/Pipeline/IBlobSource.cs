namespace Skiff.Layers.Pipeline;

/// <summary>Where one blob comes from: of several places, one after the other. For one reader.</summary>
public interface IBlobSource
{
    /// <summary>Opens the blob's bytes from <paramref name="offset"/> on; the stream is the caller's.</summary>
    ValueTask<Stream> OpenAsync(long offset, CancellationToken cancellation);

    /// <summary>The place that was opened last has failed several times: it is not asked again where there is another.
    /// False when there is none.</summary>
    bool LeaveLast(string why);

    /// <summary>The bytes since the beginning are not the blob's: no place that has given any of them is asked again
    /// where there is another. False when there is none.</summary>
    bool LeaveAll(string why);
}
