using System.Text;

namespace Skiff.Agent.Cli.Display;

/// <summary>
/// Columns as docker's lists have them: three spaces apart, at least ten wide, the last one unpadded.
/// </summary>
internal static class TextTable
{
    private const int Gap = 3;
    private const int LeastWidth = 10;

    /// <summary>Lays out rows, the header among them, whose cells are separated by tabs.</summary>
    public static string Render(IEnumerable<string> lines) =>
        Render([.. lines.Select(static line => line.Split('\t'))]);

    /// <summary>Lays out rows of cells, the header among them.</summary>
    public static string Render(List<string[]> rows, int leastWidth = LeastWidth)
    {
        int[] widths = Widths(rows, leastWidth);
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length - 1; i++)
                text.Append(row[i]).Append(' ', widths[i] - Width(row[i]));
            text.Append(row[^1]).Append('\n');
        }
        return text.ToString();
    }

    private static int[] Widths(List<string[]> rows, int leastWidth)
    {
        int columns = 0;
        foreach (string[] row in rows) columns = Math.Max(columns, row.Length);
        int[] widths = new int[columns];
        Array.Fill(widths, leastWidth);
        foreach (string[] row in rows)
            for (int i = 0; i < row.Length - 1; i++) widths[i] = Math.Max(widths[i], Width(row[i]) + Gap);
        return widths;
    }

    /// <summary>Characters, not UTF-16 units.</summary>
    private static int Width(string cell)
    {
        int width = 0;
        foreach (char c in cell)
            if (!char.IsLowSurrogate(c)) width++;
        return width;
    }
}
