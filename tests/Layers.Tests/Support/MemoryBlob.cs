using Skiff.Layers.Pipeline;

namespace Skiff.Layers.Tests.Support;

/// <summary>A blob that comes from nowhere else.</summary>
public sealed class MemoryBlob(byte[] bytes) : IBlobSource
{
    public ValueTask<Stream> OpenAsync(long offset, CancellationToken cancellation) =>
        new(new MemoryStream(bytes[(int)offset..]));

    public bool LeaveLast(string why) => false;

    public bool LeaveAll(string why) => false;
}
