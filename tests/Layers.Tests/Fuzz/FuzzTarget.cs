namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// One thing to feed with random input. All that is random comes from the <see cref="Random"/> that is given, so that a
/// seed and a number give the same case again.
/// </summary>
internal abstract class FuzzTarget : IDisposable
{
    /// <summary>As on the command line.</summary>
    internal abstract string Name { get; }

    /// <summary>Well-formed input of any shape.</summary>
    internal abstract byte[] Make(Random random);

    /// <summary>Damages it; the default changes single bytes and cuts.</summary>
    internal virtual byte[] Mutate(byte[] input, Random random) => Mutations.Bytes(input, random);

    /// <summary>
    /// Runs the code on it. Throws, whatever it is, when what comes of it is not what the oracle says.
    /// </summary>
    /// <param name="input">Whole or damaged.</param>
    /// <param name="isWhole">It is just as it was made, so it has to be taken.</param>
    /// <param name="random">For the sizes of pieces and the like.</param>
    internal abstract void Check(byte[] input, bool isWhole, Random random);

    public virtual void Dispose() { }
}
