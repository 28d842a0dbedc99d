using System.Collections.Concurrent;

namespace Skiff.System.Tests;

/// <summary>Runs cells, those of a driver one after the other, and prints what became of each.</summary>
/// <param name="cells">The features.</param>
internal sealed class NetworkMatrix(NetworkCells cells)
{
    /// <summary>How the reason of a cell begins that Skiff has yet to make work.</summary>
    public const string Limit = "limit: ";

    private readonly ConcurrentDictionary<(string Row, string Feature), string?> _reasons = new();
    private readonly ConcurrentBag<string> _failures = [];

    /// <summary>What went wrong, with the cell it went wrong in.</summary>
    public IReadOnlyList<string> Failures => [.. _failures.Order()];

    /// <summary>How many cells there are of each kind.</summary>
    public string Totals => $"{_reasons.Count(cell => cell.Value is null)} cells pass, "
        + $"{_reasons.Count(cell => cell.Value is not null)} do not apply or are limits, {_failures.Count} fail";

    /// <summary>Tries all cells and writes the table.</summary>
    public void Run(IReadOnlyList<NetworkStage> stages, Action<string> write)
    {
        cells.AddStranger();
        cells.AwaitServers(stages);
        Task.WaitAll([.. stages.Select(stage => Task.Factory.StartNew(() =>
        {
            foreach (bool six in (bool[])[false, true])
                foreach (var (name, attempt) in cells.Features) Try(stage, six, name, attempt);
        }, TaskCreationOptions.LongRunning))]);
        List<string> notes = [.. _reasons.Values.OfType<string>().Distinct().Order()];
        write(Line("networks", cells.Features.Select(feature => feature.Name)));
        foreach (NetworkStage stage in stages)
            foreach (bool six in (bool[])[false, true])
                write(Line(Row(stage, six), cells.Features.Select(feature =>
                    !_reasons.TryGetValue((Row(stage, six), feature.Name), out string? reason) ? "FAIL"
                        : reason is null ? "pass" : $"{Word(reason)} {notes.IndexOf(reason) + 1}")));
        for (int i = 0; i < notes.Count; i++) write($"networks: {i + 1}: {notes[i]}");
    }

    private void Try(NetworkStage stage, bool six, string name, Func<NetworkStage, bool, string?> attempt)
    {
        try
        {
            _reasons[(Row(stage, six), name)] = cells.Try(attempt, stage, six);
        }
        catch (Exception e)
        {
            _failures.Add($"{Row(stage, six)}, {name}: {e.Message}");
        }
    }

    private static string Word(string reason) =>
        reason.StartsWith(Limit, StringComparison.Ordinal) ? "limit" : "n/a";

    private static string Row(NetworkStage stage, bool six) => $"{stage.Title} {(six ? "IPv6" : "IPv4")}";

    private static string Line(string head, IEnumerable<string> words) =>
        (head.PadRight(24) + string.Concat(words.Select(word => word.PadRight(13)))).TrimEnd();
}
