using Skiff.Layers.Compression;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Compression;
using Skiff.Layers.Tests.Support;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>gzip that is damaged, odd, or a bomb (RFC 1952, RFC 1951).</summary>
internal static class GzipRows
{
    private const string Malformed = "malformed gzip data: ", EndsEarly = "it ends early", Files = "- a, - b";

    private static readonly byte[] s_tar =
        new RawTar().File("a", HeaderRows.Noise(5000)).File("b", new string('b', 5000)).ToArray();

    private static readonly byte[] s_gzip = TestImage.Gzip(s_tar);

    internal static IEnumerable<HostileRow> All =>
    [
        Fine("plain", s_gzip),
        Fine("text flag", Member(1, [])),
        Fine("all header fields", Member(0x1E, [3, 0, 1, 2, 3, .. "../name\0"u8, .. "comment\n\0"u8])),
        Fine("extra field of 64 KiB", Member(4, [0xFF, 0xFF, .. new byte[65535]])),
        Fine("name of 1 MiB", Member(8, [.. Enumerable.Repeat((byte)'n', 1 << 20), 0])),
        Fine("time, level and system of no sense", Set(s_gzip, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0x77, 0x99)),
        Fine("empty members around", [.. s_empty, .. s_gzip, .. s_empty, .. s_empty]),
        Fine("100,000 empty members", [.. Enumerable.Repeat(s_empty, 100_000).SelectMany(b => b), .. s_gzip]),
        Fine("a member per byte", [.. s_tar.Take(2000).SelectMany(b => TestImage.Gzip([b])),
            .. TestImage.Gzip(s_tar.AsSpan(2000))]),
        Fine("100,000 empty blocks", Body(Blocks(100_000))),
        Fine("zeros after it", [.. s_gzip, .. new byte[100_000]]),
        Fine("words after it", [.. s_gzip, .. "and more"u8]),
        Fine("a first byte of a member after it", [.. s_gzip, 0x1F]),
        Bad("reserved flag", Member(0x20, []), "unknown header flags"),
        Bad("all flags", Member(0xFF, []), "unknown header flags"),
        Bad("wrong CRC of the header", Member(2, [], headerCrc: 0x1234), "CRC mismatch in the header"),
        Bad("wrong CRC", Set(s_gzip, s_gzip.Length - 8, 1, 2, 3, 4), "CRC mismatch"),
        Bad("wrong length", Set(s_gzip, s_gzip.Length - 4, 1, 2, 3, 4), "length mismatch"),
        Bad("no end of its name", [.. s_gzip.Take(3), 8, .. new byte[6], .. Enumerable.Repeat((byte)'n', 100_000)],
            EndsEarly),
        Bad("cut in the header", s_gzip[..7], EndsEarly),
        Bad("cut after the header", s_gzip[..10], EndsEarly),
        Bad("cut in the middle", s_gzip[..(s_gzip.Length / 2)], EndsEarly),
        Bad("cut before the trailer", s_gzip[..^8], EndsEarly),
        Bad("cut in the trailer", s_gzip[..^1], EndsEarly),
        Bad("cut in a second member", [.. s_gzip, .. s_gzip[..15]], EndsEarly),
        Bad("damage in the middle", Set(s_gzip, 3000, 0, 0, 0, 0, 0), ""),
        Bad("damage in a second member", [.. s_empty, .. Set(s_gzip, 12, 0xFF, 0xFF, 0xFF)], ""),
        Bad("block of no type", Body([7]), "invalid block type"),
        Bad("stored block that lies", Body(new DeflateWriter().Stored(true, s_tar, complement: 0).ToArray()), ""),
        Bad("match before the beginning", Body([0b0000_0011, 0b0000_0010, 0]), ""),
        Refused("unknown method is no gzip", () => new HostileBlob(Set(s_gzip, 2, 7)), "checksum does not match"),
        Refused("gzip in gzip", () => new HostileBlob(TestImage.Gzip(s_gzip), s_gzip), "tar"),
        Refused("another member with another tar", () => new HostileBlob([.. s_gzip, .. s_gzip], s_tar),
            "DiffId mismatch"),
        Refused("bomb of zeros", Bomb(20 << 20), "layer-ratio is 10", "2097152 bytes are taken")
            with { Limits = s_limits },
        Refused("bomb of many members", () =>
        {
            byte[] member = TestImage.Gzip(new byte[1 << 20]);
            return new HostileBlob([.. TestImage.Gzip(Head(2_000_000)), .. Enumerable.Repeat(member, 20)
                .SelectMany(b => b)], []);
        }, "layer-ratio") with { Limits = s_limits },
        Refused("bomb behind the end mark",
            () => new HostileBlob(TestImage.Gzip([.. s_tar, .. new byte[20 << 20]]), []),
            "layer-ratio", "\"b\"") with { Limits = s_limits },
        Refused("bomb in a file",
            () => new HostileBlob(TestImage.Gzip([.. Head(20 << 20), .. new byte[20 << 20]]), []),
            "size 20971520", "layer-ratio", "\"bomb\"") with { Limits = s_limits },
    ];

    private static readonly byte[] s_empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static readonly IngestLimits s_limits = new() { LayerRatio = 10, LayerRatioBytes = 2 << 20 };

    /// <summary>A header of a file of so many bytes.</summary>
    internal static byte[] Head(long size) =>
        new RawTar().Add("bomb", edit: b => RawTar.Number(b, 124, 12, size)).Unfinished();

    private static HostileRow Fine(string name, byte[] blob) =>
        Taken(name, () => new HostileBlob(blob, s_tar), Files);

    private static HostileRow Bad(string name, byte[] blob, string rule) =>
        Refused(name, () => new HostileBlob(blob, s_tar), Malformed + rule);

    private static Func<HostileBlob> Bomb(int zeros) => () => new HostileBlob(TestImage.Gzip(new byte[zeros]), []);

    private static byte[] Set(byte[] blob, int at, params ReadOnlySpan<byte> bytes)
    {
        byte[] changed = [.. blob];
        bytes.CopyTo(changed.AsSpan(at));
        return changed;
    }

    private static byte[] Blocks(int count)
    {
        var deflate = new DeflateWriter();
        for (int i = 0; i < count; i++) deflate.Stored(false, []);
        return deflate.Stored(true, s_tar).ToArray();
    }

    private static byte[] Body(byte[] deflated) => [.. s_empty.Take(10), .. deflated, .. Trailer()];

    private static byte[] Member(byte flags, ReadOnlySpan<byte> fields, int? headerCrc = null)
    {
        byte[] header = [0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3, .. fields];
        if ((flags & 2) != 0)
            header = [.. header, .. BitConverter.GetBytes(headerCrc ?? (int)Crc32.Append(0, header))[..2]];
        return [.. header, .. s_gzip[10..]];
    }

    private static byte[] Trailer() =>
        [.. BitConverter.GetBytes(Crc32.Append(0, s_tar)), .. BitConverter.GetBytes(s_tar.Length)];
}
