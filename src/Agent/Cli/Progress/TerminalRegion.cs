using System.Text;

namespace Skiff.Agent.Cli.Progress;

/// <summary>
/// Lines at the end of a terminal's output that change in place. Between two calls the cursor is at the beginning of
/// the first line: that is where it stays when a terminal that was made narrower breaks the lines anew, so that
/// everything from there on can be erased without knowing how many rows it takes. Modes of the terminal, its cursor's
/// look and its colours are never left changed, so that nothing need be restored, whatever ends the program.
/// </summary>
internal sealed class TerminalRegion(TextWriter terminal)
{
    private const string EraseLine = "\e[K", EraseBelow = "\e[J";

    private List<string> _shown = [];
    private bool _isForgotten = true;

    /// <summary>The terminal may show the lines in another way now.</summary>
    public void Forget() => _isForgotten = true;

    /// <summary>
    /// Shows other lines, and writes those that changed. Each has to be narrower than the terminal, and there must be
    /// fewer than it has rows, or one.
    /// </summary>
    public void Show(List<string> lines)
    {
        bool isAnew = _isForgotten || lines.Count < _shown.Count;
        var text = new StringBuilder(isAnew ? "\r" + EraseBelow : "");
        int at = 0;
        for (int i = 0; i < lines.Count; i++)
        {
            if (!isAnew && i < _shown.Count && lines[i] == _shown[i]) continue;
            for (; at < i; at++) text.Append("\r\n");
            text.Append('\r').Append(lines[i]).Append(isAnew ? "" : EraseLine);
        }
        (_shown, _isForgotten) = (lines, false);
        if (text.Length == 0) return;
        text.Append('\r');
        if (at > 0) text.Append($"\e[{at}A");
        terminal.Write(text.ToString());
    }

    /// <summary>Leaves these lines for good; what is written next comes below.</summary>
    public void Close(List<string> lines)
    {
        if (lines.Count == 0 && _shown.Count == 0) return;
        var text = new StringBuilder("\r" + EraseBelow);
        foreach (string line in lines) text.Append(line).Append("\r\n");
        (_shown, _isForgotten) = ([], true);
        terminal.Write(text.ToString());
    }
}
