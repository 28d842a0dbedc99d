using Skiff.Layers.Tar;

namespace Skiff.Layers.Bench;

/// <summary>A visitor that counts entries and keeps nothing.</summary>
public sealed class Nobody : ITarVisitor
{
    /// <summary>Entries so far.</summary>
    public int Entries { get; private set; }

    /// <summary>Where the last entry's content and padding end in the tar.</summary>
    public long End { get; private set; }

    /// <summary>Parses a whole tar.</summary>
    public static Nobody Read(ReadOnlySpan<byte> tar)
    {
        var visitor = new Nobody();
        new TarParser(visitor).Append(tar);
        return visitor;
    }

    /// <inheritdoc/>
    public void Entry(TarEntry entry)
    {
        Entries++;
        End = entry.DataOffset + (entry.Size + 511) / 512 * 512;
    }

    /// <inheritdoc/>
    public void Data(long offset, ReadOnlySpan<byte> data)
    {
    }

    /// <inheritdoc/>
    public void EndOfData()
    {
    }
}
