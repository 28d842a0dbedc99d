using Skiff.Layers.Tests.Support;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>
/// Registries that give other bytes than the manifest says, and images whose parts contradict each other.
/// </summary>
internal static class DigestRows
{
    private static readonly byte[] s_tar = new RawTar().File("f", new string('x', 3000)).ToArray();
    private static readonly byte[] s_gzip = TestImage.Gzip(s_tar);
    private static readonly byte[] s_other = new RawTar().File("f", new string('y', 3000)).ToArray();

    internal static IEnumerable<HostileRow> All =>
    [
        Row("one byte too long", new([.. s_gzip, 0], s_tar) { Size = s_gzip.Length, Digest = TestRegistry.Sha(s_gzip) },
            $"blob is too long: expected {s_gzip.Length} bytes"),
        Row("a second blob behind", new([.. s_gzip, .. s_gzip], s_tar)
        {
            Size = s_gzip.Length, Digest = TestRegistry.Sha(s_gzip),
        }, "blob is too long"),
        Row("one byte too short", new(s_gzip[..^1], s_tar)
        {
            Size = s_gzip.Length, Digest = TestRegistry.Sha(s_gzip),
        }, $"broke off at byte {s_gzip.Length - 1} of {s_gzip.Length}"),
        Row("nothing in place of something", new([], s_tar) { Size = 100, Digest = TestRegistry.Sha(s_gzip) },
            "broke off at byte 0 of 100"),
        Row("something in place of nothing", new(s_gzip, []) { Size = 0, Digest = TestRegistry.Sha([]) },
            "DiffId mismatch") with { Tree = "", Says = [] },
        Row("size of 1 TiB", new(s_gzip, s_tar) { Size = 1L << 40 }, "broke off"),
        Row("other bytes of the same size", new(s_other, s_other) { Digest = TestRegistry.Sha(s_tar) },
            $"digest mismatch: expected {TestRegistry.Sha(s_tar)}, got {TestRegistry.Sha(s_other)}"),
        Row("one bit of another", new(Flip(s_tar, 2000), Flip(s_tar, 2000)) { Digest = TestRegistry.Sha(s_tar) },
            "digest mismatch"),
        Row("digest of the tar in place of the blob's", new(s_gzip, s_tar) { Digest = TestRegistry.Sha(s_tar) },
            "digest mismatch"),
        Row("right blob of another layer", new(s_gzip, s_tar) { DiffId = TestRegistry.Sha(s_other) },
            $"DiffId mismatch: expected {TestRegistry.Sha(s_other)}, got {TestRegistry.Sha(s_tar)}"),
        Row("DiffId of the blob", new(s_gzip, s_tar) { DiffId = TestRegistry.Sha(s_gzip) }, "DiffId mismatch"),
        Row("DiffId of nothing", new(s_gzip, s_tar) { DiffId = TestRegistry.Sha([]) }, "DiffId mismatch"),
        Row("another DiffId for nothing", new([], []) { DiffId = TestRegistry.Sha(s_tar) }, "DiffId mismatch"),
        Row("tar that goes on behind its end mark", new(TestImage.Gzip([.. s_tar, 0]), s_tar), "DiffId mismatch"),
        Row("tar without its end mark", new(TestImage.Gzip(s_tar.AsSpan(0, s_tar.Length - 1024)), s_tar),
            "DiffId mismatch"),
    ];

    private static HostileRow Row(string name, HostileBlob blob, string says) => Refused(name, () => blob, says);

    private static byte[] Flip(byte[] bytes, int at)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= 1;
        return flipped;
    }
}
