using System.Text;

namespace Skiff.Agent.Cli;

/// <summary>Columns as docker prints them: as wide as the widest cell, three spaces between, the last one unpadded.</summary>
internal sealed class Table(string[] header)
{
    private const int Gap = 3;

    private readonly List<string[]> _rows = [header];

    /// <summary>Adds a row.</summary>
    public void Add(string[] cells) => _rows.Add(cells);

    /// <summary>Prints header and rows.</summary>
    public void Print()
    {
        int[] widths = new int[header.Length];
        foreach (string[] row in _rows)
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        var text = new StringBuilder();
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length - 1; i++) text.Append(row[i].PadRight(widths[i] + Gap));
            text.Append(row[^1]).Append('\n');
        }
        Output.Text(text.ToString());
    }
}
