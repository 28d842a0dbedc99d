using System.Collections.Concurrent;
using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>Cells that are tried side by side, and what became of each: rows are parts, columns verbs and
/// stores.</summary>
/// <param name="verbs">The verbs.</param>
public sealed class MatrixTable(params string[] verbs)
{
    private const int AtOnce = 8;

    private static readonly string[] s_stores = ["erofs", "overlay"];

    private readonly List<(string Part, Action<string, string> Try)> _rows = [];
    private readonly ConcurrentDictionary<string, string> _failures = new();

    /// <summary>What went wrong, with the cell it went wrong in.</summary>
    public IEnumerable<string> Failures => _failures.Select(one => $"{one.Key}: {one.Value}").Order();

    private int Cells => _rows.Count * verbs.Length * s_stores.Length;

    /// <summary>Adds a row.</summary>
    /// <param name="part">What stands on the other side.</param>
    /// <param name="attempt">Tries one verb with one store; throws when that is not what it should be.</param>
    public void Add(string part, Action<string, string> attempt) => _rows.Add((part, attempt));

    /// <summary>Tries all cells and writes the table.</summary>
    public void Run(Action<string> write)
    {
        var watch = Stopwatch.StartNew();
        using var slots = new SemaphoreSlim(AtOnce);
        // Most of the time they wait for processes, each on a thread of its own.
        Task.WaitAll([.. from row in _rows from verb in verbs from store in s_stores select Task.Factory.StartNew(() =>
        {
            slots.Wait();
            try
            {
                row.Try(verb, store);
            }
            catch (Exception e)
            {
                _failures[Name(row.Part, verb, store)] = e.Message;
            }
            finally
            {
                slots.Release();
            }
        }, TaskCreationOptions.LongRunning)]);
        write(Line("matrix", (verb, store) => $"{verb} {store}"));
        foreach ((string part, _) in _rows)
            write(Line(part, (verb, store) => _failures.ContainsKey(Name(part, verb, store)) ? "FAIL" : "pass"));
        write($"matrix: {Cells - _failures.Count} of {Cells} cells pass, {watch.Elapsed.TotalSeconds:0} s");
    }

    private string Line(string head, Func<string, string, string> cell) => head.PadRight(32) + string.Concat(
        from verb in verbs from store in s_stores select cell(verb, store).PadRight(14)).TrimEnd();

    private static string Name(string part, string verb, string store) => $"{verb}, {part}, {store} store";
}
