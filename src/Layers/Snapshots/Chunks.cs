namespace Skiff.Layers.Snapshots;

/// <summary>
/// A list that grows by pieces: it is never copied, no more memory is taken than a piece beyond its items, and
/// references to items stay valid.
/// </summary>
internal sealed class Chunks<T> where T : struct
{
    private const int Bits = 10, Size = 1 << Bits;

    private T[][] _pieces = new T[8][];

    /// <summary>Items so far.</summary>
    internal int Count { get; private set; }

    /// <summary>The item at <paramref name="index"/>.</summary>
    internal ref T this[int index] => ref _pieces[index >> Bits][index & (Size - 1)];

    /// <summary>Adds an item at the end; the result is its index.</summary>
    internal int Add(in T item)
    {
        int piece = Count >> Bits;
        if (piece == _pieces.Length) Array.Resize(ref _pieces, 2 * piece);
        _pieces[piece] ??= new T[Size];
        this[Count] = item;
        return Count++;
    }
}
