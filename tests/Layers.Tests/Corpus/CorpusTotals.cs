namespace Skiff.Layers.Tests.Corpus;

/// <summary>Counts what was compared, and says so when the last case is done.</summary>
public sealed class CorpusTotals : IDisposable
{
    private int _tars, _entries;

    public void Add(int tars, int entries)
    {
        Interlocked.Add(ref _tars, tars);
        Interlocked.Add(ref _entries, entries);
    }

    public void Dispose() => Console.WriteLine($"corpus: {_tars} tars with {_entries} entries are in the EROFS store, "
        + $"and again in the overlay store, what was extracted; {2 * _tars} came back byte for byte");
}
