using System.Runtime.InteropServices;

namespace Skiff.Interop.Events;

/// <summary>The events in a buffer that <see cref="Inotify.TryRead"/> filled, for foreach. Allocates nothing.</summary>
public unsafe ref struct InotifyEvents
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>The events in <paramref name="buffer"/>, which holds whole events only.</summary>
    public InotifyEvents(ReadOnlySpan<byte> buffer) => _rest = buffer;

    /// <summary>The event that <see cref="MoveNext"/> found.</summary>
    public InotifyEvent Current { get; private set; }

    /// <summary>For foreach.</summary>
    public readonly InotifyEvents GetEnumerator() => this;

    /// <summary>Steps to the next event.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < sizeof(inotify_event)) return false;
        inotify_event raw = MemoryMarshal.Read<inotify_event>(_rest);
        // The kernel pads the name with NULs.
        ReadOnlySpan<byte> name = _rest.Slice(sizeof(inotify_event), (int)raw.len).TrimEnd((byte)0);
        Current = new InotifyEvent
        {
            Watch = raw.wd, Mask = (InotifyMask)raw.mask, Cookie = raw.cookie, Name = name,
        };
        _rest = _rest[(sizeof(inotify_event) + (int)raw.len)..];
        return true;
    }
}
