using Skiff.Layers.Tests.Hostile;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>All cases, in tables by what they are about.</summary>
internal static partial class CorpusTars
{
    internal static IReadOnlyList<CorpusTar> All { get; } =
    [
        .. Dialects, .. Attributes, .. Links, .. Repeats, .. Names, .. Shapes, .. Endings, .. Sparse, .. Whiteouts,
        .. Tools, .. Images,
    ];

    private static CorpusTar Of(string name, Func<RawTar, RawTar> build) => CorpusTar.Of(name, build);
}
