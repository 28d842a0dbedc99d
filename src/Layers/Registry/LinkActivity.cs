namespace Skiff.Layers.Registry;

/// <summary>
/// What moves on the connections to one host, all of them together: they share a link, and on a slow one some may get
/// nothing for as long as others do.
/// </summary>
internal sealed class LinkActivity
{
    private long _receivedBytes, _movedAt = Environment.TickCount64;

    /// <summary>Bytes of blobs that have come.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    /// <summary>How long nothing has moved.</summary>
    public long QuietMs => Environment.TickCount64 - Volatile.Read(ref _movedAt);

    /// <summary>Bytes of a blob have come.</summary>
    public void Received(int bytes)
    {
        if (bytes == 0) return;
        Interlocked.Add(ref _receivedBytes, bytes);
        Moved();
    }

    /// <summary>A connection has taken something.</summary>
    public void Moved() => Volatile.Write(ref _movedAt, Environment.TickCount64);
}
