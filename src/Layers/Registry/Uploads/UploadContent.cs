using System.Net;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>A part of a blob, or the rest of it, as a request's body.</summary>
/// <param name="flow">Where it comes from.</param>
/// <param name="start">Its first byte's place in the blob.</param>
/// <param name="length">Bytes; null for all that come.</param>
/// <param name="sent">Told the place of the next byte, now and then.</param>
internal sealed class UploadContent(
    UploadFlow flow, long start, long? length, Action<long>? sent) : HttpContent
{
    private StallWatch? _watch;
    private LinkActivity? _link;

    /// <summary>Says who judges whether the connection is stalled.</summary>
    public void Watch(StallWatch watch, LinkActivity link) => (_watch, _link) = (watch, link);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        flow.CopyToAsync(stream, start, length ?? long.MaxValue, Wait, Tell, cancellationToken);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long bytes)
    {
        bytes = length ?? 0;
        return length is not null;
    }

    // It is not the connection that has to be waited for.
    private void Wait() => _watch?.Stop();

    private void Tell()
    {
        _link?.Moved();
        _watch?.Start();
        sent?.Invoke(flow.Position);
    }
}
