using Skiff.Agent.Manager;

namespace Skiff.Agent.Images;

/// <summary>When to begin to remove unused images, and when to stop.</summary>
/// <param name="High">Nothing is removed from a disk that is not fuller than this.</param>
/// <param name="Low">Enough is removed when the disk is not fuller than this.</param>
internal readonly record struct Watermarks(Watermark High, Watermark Low)
{
    /// <summary>Reads <c>HIGH</c> or <c>HIGH,LOW</c>.</summary>
    /// <exception cref="UsageException">As <see cref="Parse(string,string)"/>.</exception>
    public static Watermarks Parse(string text)
    {
        int comma = text.IndexOf(',');
        return comma < 0 ? Parse(text, null) : Parse(text[..comma], text[(comma + 1)..]);
    }

    /// <summary>Reads both; without a low one it is the high one's own (<see cref="Watermark.Lower"/>).</summary>
    /// <param name="high">Text of the high one.</param>
    /// <param name="low">Text of the low one, or null.</param>
    /// <exception cref="UsageException">One cannot be read, or they are the wrong way round.</exception>
    public static Watermarks Parse(string high, string? low)
    {
        Watermark start = Read(high);
        Watermark stop = low is null ? start.Lower() : Read(low);
        return stop.IsAbove(start)
            ? throw new UsageException(
                $"the low watermark {low} is above the high one, {high}: nothing would be removed", 125)
            : new Watermarks(start, stop);
    }

    private static Watermark Read(string text) => Watermark.TryParse(text, out Watermark mark, out string problem)
        ? mark : throw new UsageException($"invalid watermark \"{text}\": {problem}", 125);
}
