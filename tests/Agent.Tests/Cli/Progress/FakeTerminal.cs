using System.Globalization;
using System.Text;

namespace Skiff.Agent.Tests.Cli.Progress;

/// <summary>
/// The screen of a terminal, as far as progress makes use of one: text, line ends, cursor up, erasing, colours.
/// Anything else fails the test, and so does whoever writes beyond the last column.
/// </summary>
/// <param name="columns">Its width.</param>
/// <param name="rows">Its height.</param>
internal sealed class FakeTerminal(int columns, int rows) : StringWriter
{
    // What has scrolled out at the top comes first.
    private readonly List<Row> _rows = [new()];
    private int _top, _row, _column;

    public int Columns { get; private set; } = columns;

    public int Rows { get; private set; } = rows;

    public (int Columns, int Rows) Size => (Columns, Rows);

    /// <summary>All that was written.</summary>
    public StringBuilder Written { get; } = new();

    /// <summary>Whether text would be coloured now.</summary>
    public bool IsColoured { get; private set; }

    /// <summary>Where the cursor is, counted from the screen's corner.</summary>
    public (int Row, int Column) Cursor => (_row - _top, _column);

    /// <summary>The rows of the screen, but for empty ones at its end.</summary>
    public string[] Screen => Text(_top);

    /// <summary>The screen, and what has scrolled out of it.</summary>
    public string[] All => Text(0);

    public override void Write(char value) => Write(value.ToString());

    public override void WriteLine(string? value) => Write(value + "\r\n");

    public override void Write(string? value)
    {
        Written.Append(value);
        for (int i = 0; i < value!.Length;)
        {
            if (value[i] == '\e') i = Escape(value, i);
            else
            {
                Rune.DecodeFromUtf16(value.AsSpan(i), out Rune rune, out int length);
                Put(rune);
                i += length;
            }
        }
    }

    /// <summary>
    /// Another size. With <paramref name="reflow"/> rows that are too wide now go on in the next one, as VTE's, kitty's
    /// and others do; without, they are cut, as xterm does. The cursor stays at its character.
    /// </summary>
    public void Resize(int columns, int rows, bool reflow)
    {
        if (reflow) Reflow(columns);
        else foreach (Row row in _rows) row.Cut(columns);
        (Columns, Rows, _column) = (columns, rows, Math.Min(_column, columns - 1));
        _top = Math.Max(Math.Min(_top, _row), _row - rows + 1);
        // What is below the last row is lost.
        if (_rows.Count > _top + rows) _rows.RemoveRange(_top + rows, _rows.Count - _top - rows);
    }

    private void Reflow(int columns)
    {
        List<Row> all = [];
        int row = 0, column = 0;
        for (int i = 0; i < _rows.Count; i++)
        {
            int first = all.Count, before = 0;
            var cells = new List<string>();
            for (; ; i++)
            {
                if (i == _row) before = cells.Count + _column;
                if (i == _row) row = -1;
                cells.AddRange(_rows[i].Cells);
                if (!_rows[i].GoesOn || i + 1 == _rows.Count) break;
            }
            for (int at = 0; at == 0 || at < cells.Count; at += columns)
                all.Add(new Row([.. cells.Skip(at).Take(columns)], at + columns < cells.Count));
            if (row == -1) (row, column) = (first + before / columns, before % columns);
        }
        _rows.Clear();
        _rows.AddRange(all);
        (_row, _column) = (row, column);
    }

    private void Put(Rune rune)
    {
        if (rune.Value == '\r') _column = 0;
        else if (rune.Value == '\n')
        {
            if (++_row == _rows.Count) _rows.Add(new());
            _top = Math.Max(_top, _row - Rows + 1);
        }
        else
        {
            int width = Width(rune);
            Assert.True(_column + width <= Columns, $"wraps: column {_column} of {Columns}, {rune}");
            Assert.False(Rune.IsControl(rune), $"control character {rune.Value:x}");
            _rows[_row].Put(_column, rune.ToString(), width);
            _column += width;
        }
    }

    private int Escape(string text, int start)
    {
        Assert.Equal('[', text[start + 1]);
        int end = start + 2;
        while (char.IsAsciiDigit(text[end])) end++;
        int number = int.TryParse(text[(start + 2)..end], CultureInfo.InvariantCulture, out int n) ? n : -1;
        switch (text[end])
        {
            case 'A':
                Assert.InRange(number, 1, _row - _top);
                _row -= number;
                break;
            case 'K' when number == -1:
                _rows[_row].Cut(_column);
                break;
            case 'J' when number == -1:
                _rows[_row].Cut(_column);
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                break;
            case 'm':
                IsColoured = number is >= 30 and <= 37 || (number != 0 && IsColoured);
                break;
            default:
                Assert.Fail($"unknown sequence {text[start..(end + 1)][1..]}");
                break;
        }
        return end + 1;
    }

    private string[] Text(int from)
    {
        List<string> lines = [.. _rows.Skip(from).Select(row => row.ToString())];
        while (lines.Count > 0 && lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        return [.. lines];
    }

    // An account of its own, and a coarse one, of what is two columns wide.
    private static int Width(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark ? 0
        : rune.Value is (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0xa4cf) or (>= 0xac00 and <= 0xd7a3)
            or (>= 0xff00 and <= 0xff60) or (>= 0x1f300 and <= 0x1faff) ? 2 : 1;

    private sealed class Row(List<string>? cells = null, bool goesOn = false)
    {
        public List<string> Cells { get; } = cells ?? [];

        public bool GoesOn { get; private set; } = goesOn;

        public void Put(int column, string text, int width)
        {
            if (width == 0)
            {
                Cells[column - 1] += text;
                return;
            }
            while (Cells.Count < column + width) Cells.Add(" ");
            Cells[column] = text;
            if (width == 2) Cells[column + 1] = "";
        }

        public void Cut(int column)
        {
            if (Cells.Count > column) Cells.RemoveRange(column, Cells.Count - column);
            GoesOn = false;
        }

        public override string ToString() => string.Concat(Cells).TrimEnd();
    }
}
