using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Images;

/// <summary>
/// How full a filesystem may be: a percentage in use, of its space as <c>df</c> counts it and of its inodes, or a
/// number of bytes that are to be left.
/// </summary>
internal readonly record struct Watermark
{
    private readonly int? _percentUsed;
    private readonly long _bytesLeft;

    private Watermark(int? percentUsed, long bytesLeft) => (_percentUsed, _bytesLeft) = (percentUsed, bytesLeft);

    /// <summary>Reads <c>90%</c> or a size such as <c>500m</c>.</summary>
    public static bool TryParse(string text, out Watermark mark, out string problem)
    {
        mark = default;
        problem = "expected a percentage in use such as 90%, or a size to be left such as 500m";
        if (text.EndsWith('%'))
        {
            if (!int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture,
                out int percent) || percent > 100) return false;
            mark = new Watermark(percent, 0);
            return true;
        }
        // A number alone could be meant as either.
        if (text.Length == 0 || char.IsAsciiDigit(text[^1])) return false;
        if (!ByteSize.TryParse(text, out long bytes, out _)) return false;
        mark = new Watermark(null, bytes);
        return true;
    }

    /// <summary>The mark at which to stop that goes with this one as the one at which to begin: ten points less, or
    /// twice as many bytes.</summary>
    public Watermark Lower() =>
        _percentUsed is { } percent ? new Watermark(Math.Max(0, percent - 10), 0) : new Watermark(null, 2 * _bytesLeft);

    /// <summary>Whether a disk that is not fuller than this may be fuller than <paramref name="high"/>.</summary>
    public bool IsAbove(Watermark high) => _percentUsed is { } low && high._percentUsed is { } start ? low > start
        : _percentUsed is null && high._percentUsed is null && _bytesLeft < high._bytesLeft;

    /// <summary>Whether the filesystem is fuller than this.</summary>
    public bool IsExceeded(in FilesystemStatus disk)
    {
        if (_percentUsed is not { } percent) return disk.AvailableBytes < (ulong)_bytesLeft;
        double used = disk.TotalBytes - disk.FreeBytes, inodes = disk.TotalInodes - disk.FreeInodes;
        return used * 100 > percent * (used + disk.AvailableBytes) || inodes * 100 > percent * (double)disk.TotalInodes;
    }

    /// <summary>As it was given.</summary>
    public override string ToString() => _percentUsed is { } percent
        ? string.Create(CultureInfo.InvariantCulture, $"{percent}%")
        : string.Create(CultureInfo.InvariantCulture, $"{_bytesLeft} bytes left");
}
