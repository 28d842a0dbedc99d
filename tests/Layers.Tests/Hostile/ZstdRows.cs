using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Support;
using ZstdSharp;
using ZstdSharp.Unsafe;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>zstd that is damaged, odd, or a bomb (RFC 8878).</summary>
internal static class ZstdRows
{
    private const string Malformed = "malformed zstd data: ", Files = "- a, - b", Window = "the limit zstd-window is ";

    private static readonly byte[] s_magic = [0x28, 0xB5, 0x2F, 0xFD];

    private static readonly byte[] s_tar =
        new RawTar().File("a", HeaderRows.Noise(5000)).File("b", new string('b', 5000)).ToArray();

    private static readonly byte[] s_zstd = TestImage.Zstd(s_tar);

    internal static IEnumerable<HostileRow> All =>
    [
        Fine("plain", s_zstd),
        Fine("two frames", [.. TestImage.Zstd(s_tar.AsSpan(0, 1000)), .. TestImage.Zstd(s_tar.AsSpan(1000))]),
        Fine("a frame of nothing before and after", [.. TestImage.Zstd([]), .. s_zstd, .. TestImage.Zstd([])]),
        Fine("10,000 frames of nothing",
            [.. Enumerable.Repeat(TestImage.Zstd([]), 10_000).SelectMany(b => b), .. s_zstd]),
        Fine("skippable frames around", [.. Skip(1000), .. s_zstd, .. Skip(0)]),
        Fine("10,000 skippable frames", [.. Enumerable.Repeat(Skip(1), 10_000).SelectMany(b => b), .. s_zstd]),
        Fine("window of 16 MiB", Frame(24)),
        Taken("skippable frame alone", () => new HostileBlob(Skip(100), []), ""),
        Bad("cut in the magic number of a second frame", [.. s_zstd, 0x28, 0xB5]),
        Bad("cut in the header", s_zstd[..5]),
        Bad("cut in the middle", s_zstd[..(s_zstd.Length / 2)]),
        Bad("cut but for a byte", s_zstd[..^1]),
        Bad("skippable frame that lies", [.. s_zstd, 0x50, 0x2A, 0x4D, 0x18, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2]),
        Bad("words after it", [.. s_zstd, .. "and more"u8]),
        Bad("damage in the middle", Damaged(Checked(), Checked().Length / 2)),
        Bad("wrong checksum", Damaged(Checked(), Checked().Length - 1)),
        Bad("reserved bit", [.. s_magic, 0x08, 0x50, .. s_zstd[6..]]),
        Bad("unknown dictionary", [.. s_magic, 0x01, 0x50, 0x77, 1, 0, 0]),
        Bad("block of reserved type", [.. s_magic, 0, 0x50, 0x07, 0, 0]),
        Bad("block larger than its window", [.. s_magic, 0, 0x00, 0xFD, 0xFF, 0xFF]),
        Bad("content size that is too large", [.. s_magic, 0xA0, 0xFF, 0xFF, 0xFF, 0x7F, 0x01, 0, 0]),
        Bad("content size that is too small", [.. s_magic, 0x20, 0x01, 0x11, 0, 0, 1, 2]),
        Bad("content size of an empty frame after others", [.. s_zstd, .. s_magic, 0x80, 0x50, 48, 0, 0, 0, 1, 0, 0]),
        Refused("window of 2 GiB", () => new HostileBlob([.. s_magic, 0, 0xA8, 1, 0, 0], []), Window + (1 << 27)),
        Refused("window of 3.75 TiB", () => new HostileBlob([.. s_magic, 0, 0xFF, 1, 0, 0], []), "zstd"),
        Refused("window of 16 MiB where 8 are taken", () => new HostileBlob(Frame(24), s_tar), Window + (8 << 20))
            with { Limits = new IngestLimits { ZstdWindowBytes = 8 << 20 } },
        Refused("window of 16 MiB where a byte less is taken", () => new HostileBlob(Frame(24), s_tar),
            Window + ((16 << 20) - 1)) with { Limits = new IngestLimits { ZstdWindowBytes = (16 << 20) - 1 } },
        Fine("window of 16 MiB where 20 are taken", Frame(24))
            with { Limits = new IngestLimits { ZstdWindowBytes = 20 << 20 } },
        Refused("bomb of zeros", () => new HostileBlob(TestImage.Zstd(new byte[20 << 20]), []),
            "layer-ratio is 10", "2097152 bytes are taken") with { Limits = s_limits },
        Refused("bomb in a file",
            () => new HostileBlob(TestImage.Zstd([.. GzipRows.Head(1 << 20), .. new byte[20 << 20]]), []),
            "layer-ratio", "\"bomb\"") with { Limits = s_limits },
        Refused("bomb of repeated bytes", () => new HostileBlob(Repeated(200), []), "layer-ratio", "\"bomb\"")
            with { Limits = s_limits },
    ];

    private static readonly IngestLimits s_limits = new() { LayerRatio = 10, LayerRatioBytes = 2 << 20 };

    private static HostileRow Fine(string name, byte[] blob) => Taken(name, () => new HostileBlob(blob, s_tar), Files);

    private static HostileRow Bad(string name, byte[] blob) =>
        Refused(name, () => new HostileBlob(blob, s_tar), Malformed);

    private static byte[] Skip(int length) =>
        [0x50, 0x2A, 0x4D, 0x18, .. BitConverter.GetBytes(length), .. new byte[length]];

    private static byte[] Damaged(byte[] blob, int at)
    {
        byte[] damaged = [.. blob];
        damaged[at] ^= 0x55;
        return damaged;
    }

    private static byte[] Checked()
    {
        using var compressor = new Compressor(3);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor.Wrap(s_tar).ToArray();
    }

    // A frame without content size asks for its whole window.
    private static byte[] Frame(int windowLog) => [.. s_magic, 0, (byte)((windowLog - 10) << 3), .. Raw(s_tar, true)];

    private static byte[] Raw(byte[] data, bool last) =>
        [.. BitConverter.GetBytes((data.Length << 3) | (last ? 1 : 0))[..3], .. data];

    // Blocks of one repeated byte: four bytes for 128 KiB each, 32,768 to one.
    private static byte[] Repeated(int blocks)
    {
        byte[] block = [.. BitConverter.GetBytes((128 << 10 << 3) | (1 << 1))[..3], 0];
        byte[] last = [.. BitConverter.GetBytes((128 << 10 << 3) | (1 << 1) | 1)[..3], 0];
        return [.. s_magic, 0, (20 - 10) << 3, .. Raw(GzipRows.Head(1 << 20), last: false),
            .. Enumerable.Repeat(block, blocks - 1).SelectMany(b => b), .. last];
    }
}
