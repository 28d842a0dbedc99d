using System.Collections.Concurrent;

namespace Skiff.Layers.Compression;

/// <summary>
/// Places from which decoding can be taken up again, on their way from the thread that decodes to the one that takes
/// the plain bytes, and ahead of them.
/// </summary>
/// <param name="stepBytes">How many plain bytes lie between two places at least.</param>
/// <param name="start">The plain bytes before the first one.</param>
internal sealed class CheckpointQueue(int stepBytes, long start = 0)
{
    private readonly ConcurrentQueue<DecoderCheckpoint> _queue = new();
    private long _last = start;

    /// <summary>Takes the decoder's place, when it is far enough from the last one.</summary>
    internal void Offer(IBlobDecoder decoder)
    {
        if (decoder.PlainBytes - _last < stepBytes || !decoder.TryGetCheckpoint(out DecoderCheckpoint place)) return;
        _last = place.PlainOffset;
        _queue.Enqueue(place);
    }

    /// <summary>Gives out the next place, if it is not behind <paramref name="end"/>.</summary>
    internal bool TryTake(long end, out DecoderCheckpoint place) =>
        _queue.TryPeek(out place) && place.PlainOffset <= end && _queue.TryDequeue(out place);
}
