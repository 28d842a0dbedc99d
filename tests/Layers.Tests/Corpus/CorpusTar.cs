using Skiff.Layers.Tests.Hostile;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Who says what a tar has to become.</summary>
internal enum CorpusOracle
{
    /// <summary>GNU tar, extracting as root.</summary>
    GnuTar,

    /// <summary>bsdtar, for what GNU tar does not know.</summary>
    Bsdtar,

    /// <summary>umoci, which applies layers by the image specification: whiteouts.</summary>
    Umoci,
}

/// <summary>One case of the corpus: a tar, or layers base first.</summary>
/// <param name="Name">Unique; shown with failures.</param>
/// <param name="Make">Makes the tars and gives their paths.</param>
internal sealed record CorpusTar(string Name, Func<Sandbox, string[]> Make)
{
    internal CorpusOracle Oracle { get; init; }

    /// <summary>Further arguments for the oracle.</summary>
    internal string[] Arguments { get; init; } = [];

    /// <summary>Directories whose time the oracle does not restore when it removes what was below.</summary>
    internal string[] AnyTime { get; init; } = [];

    /// <summary>A case of bytes.</summary>
    internal static CorpusTar Of(string name, Func<RawTar, RawTar> build) => new(name, sandbox =>
    {
        string path = sandbox.NewPath("bytes.tar");
        File.WriteAllBytes(path, build(new RawTar()).Unfinished());
        return [path];
    });

    public override string ToString() => Name;
}
