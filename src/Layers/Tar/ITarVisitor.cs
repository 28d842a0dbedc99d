namespace Skiff.Layers.Tar;

/// <summary>What a <see cref="TarParser"/> calls while bytes go through it.</summary>
public interface ITarVisitor
{
    /// <summary>An entry starts; <paramref name="entry"/> is valid until this returns.</summary>
    void Entry(TarEntry entry);

    /// <summary>The next bytes of the current regular file's content.</summary>
    /// <param name="offset">Where in the file they belong; beyond the end of the last ones when a hole comes between.
    /// </param>
    /// <param name="data">The bytes.</param>
    void Data(long offset, ReadOnlySpan<byte> data);

    /// <summary>The current regular file's content is complete; called for empty ones too.</summary>
    void EndOfData();
}
