namespace Skiff.Interop.Events;

/// <summary>One event; the name points into the caller's buffer.</summary>
public ref struct InotifyEvent
{
    /// <summary>The watch, as <see cref="Inotify.Add"/> returned it; -1 on overflow.</summary>
    public int Watch { get; init; }

    /// <summary>What happened.</summary>
    public InotifyMask Mask { get; init; }

    /// <summary>Ties IN_MOVED_FROM to IN_MOVED_TO.</summary>
    public uint Cookie { get; init; }

    /// <summary>The name inside a watched directory; empty for the watched object itself.</summary>
    public ReadOnlySpan<byte> Name { get; init; }
}
