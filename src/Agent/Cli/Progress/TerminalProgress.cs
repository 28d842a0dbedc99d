using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Cli.Progress;

/// <summary>
/// Progress on a terminal: a line a layer. Events are only noted, which takes no more than a look into a table; a timer
/// paints ten times a second what has changed, in the size that the terminal has then.
/// </summary>
internal sealed class TerminalProgress : IImageProgress, IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Func<(int Columns, int Rows)> _size;
    private readonly ProgressStyle _style;
    private readonly TimeProvider _clock;
    private readonly TextWriter _terminal;
    private readonly TerminalRegion _region;

    // Whoever has both takes the one for painting first: a slow terminal holds up the painter, not those who report.
    private readonly Lock _painting = new(), _noting = new();
    private readonly List<LayerRow> _rows = [];
    private readonly Dictionary<string, LayerRow> _rowsById = [];
    private ITimer? _timer;
    private volatile bool _isResized;
    private long _painted;

    /// <summary>Shows nothing yet.</summary>
    /// <param name="terminal">Takes text and escape sequences; the caller's to dispose of.</param>
    /// <param name="size">Asked before each painting.</param>
    /// <param name="style">What the terminal can show.</param>
    /// <param name="clock">Null for the system's.</param>
    public TerminalProgress(
        TextWriter terminal, Func<(int Columns, int Rows)> size, ProgressStyle style, TimeProvider? clock = null)
    {
        (_terminal, _size, _style, _clock) = (terminal, size, style, clock ?? TimeProvider.System);
        _region = new TerminalRegion(terminal);
        _painted = _clock.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Report(in LayerProgress progress)
    {
        lock (_noting)
        {
            if (_rowsById.TryGetValue(progress.Id, out LayerRow? row))
            {
                row.Set(progress);
                return;
            }
            row = new LayerRow(progress);
            _rows.Add(row);
            _rowsById.Add(progress.Id, row);
            _timer ??= _clock.CreateTimer(_ => Paint(), null, s_interval, s_interval);
        }
    }

    /// <inheritdoc/>
    public void Message(string status, string? id = null)
    {
        lock (_painting)
        {
            Settle();
            _terminal.WriteLine(id is null ? status : $"{id}: {status}");
        }
    }

    /// <inheritdoc/>
    public void Pushed(string tag, Digest manifest, long bytes) =>
        Message($"{tag}: digest: {manifest} size: {bytes}");

    /// <inheritdoc/>
    public void Loaded(string line) => Message(line);

    /// <summary>The terminal has another size (SIGWINCH), or had one for a moment: what it shows now, nobody
    /// knows.</summary>
    public void Resized() => _isResized = true;

    /// <summary>Leaves the last state on the screen, and the cursor below it.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_painting) Settle();
    }

    private void Paint()
    {
        // The one before may still be waiting for its terminal.
        if (!_painting.TryEnter()) return;
        try
        {
            if (_isResized) _region.Forget();
            _isResized = false;
            (int Columns, int Rows) size = _size();
            List<string> lines;
            lock (_noting)
            {
                if (_rows.Count == 0) return;
                long now = _clock.GetTimestamp();
                foreach (LayerRow row in _rows) row.Advance(_clock.GetElapsedTime(_painted, now));
                _painted = now;
                lines = new ProgressFrame(_rows, size.Columns, _style).Lines(size.Rows - 1);
            }
            _region.Show(lines);
        }
        finally
        {
            _painting.Exit();
        }
    }

    // What the layers have come to stays; layers that are reported from now on are others.
    private void Settle()
    {
        List<string> lines;
        int columns = _size().Columns;
        lock (_noting)
        {
            lines = new ProgressFrame(_rows, columns, _style, isFinal: true).Lines(int.MaxValue);
            _rows.Clear();
            _rowsById.Clear();
        }
        _region.Close(lines);
    }
}
