using System.Globalization;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Cli.Progress;

/// <summary>
/// The lines that show layers at one moment, none of them as wide as the terminal: what has no room is left out, first
/// speed and remaining time, then the bar, then the bytes, and of the layers those that have nothing to tell.
/// </summary>
/// <param name="rows">The layers, in their order.</param>
/// <param name="columns">The terminal's width.</param>
/// <param name="style">What it can show.</param>
/// <param name="isFinal">It will stay, so nothing in it is about what is to come.</param>
internal sealed class ProgressFrame(
    IReadOnlyList<LayerRow> rows, int columns, ProgressStyle style, bool isFinal = false)
{
    private const int IdWidth = 12, CountsWidth = 13, SpeedWidth = 8, TimeWidth = 6;
    private const int LeastBar = 10, MostBar = 50;
    private const string Green = "\e[32m", Cyan = "\e[36m", Reset = "\e[0m";

    // The last column stays free: a terminal that has written there may wrap with the next character, or not.
    private readonly int _room = Math.Max(1, columns - 1);

    /// <summary>As many lines as are wanted at most, at least one.</summary>
    public List<string> Lines(int most)
    {
        most = Math.Max(1, most);
        List<LayerRow> hidden = [], shown = [];
        HashSet<LayerRow> chosen = Choose(most - 1);
        foreach (LayerRow row in rows)
            (rows.Count <= most || chosen.Contains(row) ? shown : hidden).Add(row);
        int name = 0, words = 0;
        foreach (LayerRow row in shown)
        {
            name = Math.Max(name, DisplayText.Width(Id(row, int.MaxValue)));
            if (row.HasBar) words = Math.Max(words, LayerWords.Of(row.Last).Length);
        }
        name = Math.Min(name, Math.Max(IdWidth, _room / 3));
        List<string> lines = [];
        foreach (LayerRow row in shown) lines.Add(row.HasBar ? Bar(row, name, words) : Step(row, name));
        if (hidden.Count > 0) lines.Add(Summary(hidden));
        return lines;
    }

    // Layers that move go before those that wait, and these before those that are done.
    private HashSet<LayerRow> Choose(int count)
    {
        HashSet<LayerRow> chosen = [];
        for (int rank = 0; rank < 3; rank++)
            foreach (LayerRow row in rows)
                if (Rank(row) == rank && chosen.Count < count) chosen.Add(row);
        return chosen;
    }

    private static int Rank(LayerRow row) => row.IsDone ? 2 : row.IsWaiting ? 1 : 0;

    private string Summary(List<LayerRow> hidden)
    {
        int done = 0, waiting = 0;
        foreach (LayerRow row in hidden)
        {
            if (row.IsDone) done++;
            else if (row.IsWaiting) waiting++;
        }
        string text = $"{style.Ellipsis} {hidden.Count} more";
        if (done > 0) text += $", {done} done";
        if (waiting > 0) text += $", {waiting} waiting";
        return DisplayText.Fit(text, _room, style);
    }

    private string Step(LayerRow row, int name)
    {
        string start = Id(row, name) + ": ", words = LayerWords.Of(row.Last);
        string line = DisplayText.Fit(start + words, _room, style);
        return style.Colour && row.IsDone && line.Length == start.Length + words.Length
            ? start + Green + words + Reset : line;
    }

    private string Bar(LayerRow row, int name, int words)
    {
        string id = Id(row, name);
        string start = DisplayText.Pad(id + ": ", name + ": ".Length) + LayerWords.Of(row.Last).PadRight(words);
        string counts = row.Last.TotalBytes > 0 ? $"{Bytes(row.Last.DoneBytes)}/{Bytes(row.Last.TotalBytes)}"
            : Bytes(row.Last.DoneBytes);
        string end = " " + counts.PadLeft(CountsWidth);
        int room = _room - name - ": ".Length - words;
        string speed = "  " + Speed(row).PadLeft(SpeedWidth) + "  " + Remaining(row).PadLeft(TimeWidth);
        bool hasSpeed = room >= 1 + LeastBar + end.Length + speed.Length && !isFinal;
        if (hasSpeed) end += speed;
        int bar = Math.Min(MostBar, room - 1 - end.Length);
        if (bar >= LeastBar) return (start + " " + Drawn(row.Last, bar) + end).TrimEnd();
        if (room >= end.Length) return start + end;
        string percent = row.Last.TotalBytes > 0 ? $"{Math.Floor(Fraction(row.Last) * 100)}%" : counts;
        return room > percent.Length ? start + " " + percent : DisplayText.Fit($"{id}: {percent}", _room, style);
    }

    private string Id(LayerRow row, int columns) => DisplayText.Fit(row.Last.Id, columns, style);

    private string Drawn(in LayerProgress layer, int width)
    {
        if (layer.TotalBytes <= 0) return new string(' ', width);
        int inside = style.Unicode ? width : width - 2;
        int full = (int)(Fraction(layer) * inside);
        string fill = style.Unicode ? new string('━', full)
            : full > 0 && full < inside ? new string('=', full - 1) + ">" : new string('=', full);
        string rest = new(style.Unicode ? '─' : ' ', inside - full);
        if (style.Colour && full > 0) fill = Cyan + fill + Reset;
        return style.Unicode ? fill + rest : $"[{fill}{rest}]";
    }

    private static double Fraction(in LayerProgress layer) => layer.TotalBytes <= 0 ? 0
        : Math.Clamp((double)layer.DoneBytes / layer.TotalBytes, 0, 1);

    private static string Bytes(long bytes) => HumanSize.Decimal(bytes);

    private static string Speed(LayerRow row) =>
        row.Last.DoneBytes != row.Last.TotalBytes && row.BytesPerSecond >= 1
            ? HumanSize.Decimal(row.BytesPerSecond) + "/s" : "";

    private static string Remaining(LayerRow row)
    {
        long bytes = row.Last.TotalBytes - row.Last.DoneBytes;
        if (bytes <= 0) return "";
        if (row.BytesPerSecond < 1) return "--";
        double seconds = Math.Ceiling(bytes / row.BytesPerSecond);
        if (seconds >= 100 * 3600) return "--";
        var left = TimeSpan.FromSeconds(seconds);
        return seconds < 60 ? Invariant($"{seconds}s")
            : seconds < 3600 ? Invariant($"{left.Minutes}m{left.Seconds:00}s")
            : Invariant($"{(int)left.TotalHours}h{left.Minutes:00}m");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
