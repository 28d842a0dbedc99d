using Skiff.Layers.Tar;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Numbers that lie, overflow, or are none.</summary>
internal static class NumberRows
{
    private const int Mode = 100, Uid = 108, Gid = 116, Size = 124, Mtime = 136, Major = 329, Minor = 337;
    private const string NoNumber = "expected a number";

    internal static IEnumerable<HostileRow> All =>
    [
        Text("mode", Mode, "zzzzzzz\0", $"field mode is \"zzzzzzz\", {NoNumber}"),
        Text("uid", Uid, "12 34\0\0\0", NoNumber),
        Text("gid", Gid, "0000009\0", NoNumber),
        Text("size", Size, "size: 1 kB\0\0", NoNumber),
        Text("size with a sign", Size, "-0000000001\0", NoNumber),
        Text("size in hexadecimal", Size, "0x000000010\0", NoNumber),
        Text("mtime", Mtime, "\u001b[2J\0\0\0\0\0\0\0\0", @"field mtime is ""\u{1b}[2J"""),
        Refused("device number that is none",
            t => t.Add("c", '3', edit: b => RawTar.Put(b, Major, "garbage\0")), "c", NoNumber),

        Binary("mode that is negative is cut", Mode, 8, -1, "- f [7777 0:0]"),
        Wrong("uid that is negative", Uid, 8, -1, "uid -1 is out of range"),
        Wrong("gid that is negative", Gid, 8, -1000, "gid -1000 is out of range"),
        Wrong("uid of 2^32", Uid, 8, 1L << 32, "uid 4294967296 is out of range"),
        Wrong("uid of 2^63 - 1", Uid, 8, (1L << 55) - 1, "is out of range"),
        Wrong("uid of 2^32 - 1, which is no user", Uid, 8, uint.MaxValue, "its owner 4294967295:0 does not exist"),
        Wrong("gid of 2^32 - 1, which is no group", Gid, 8, uint.MaxValue, "its owner 0:4294967295 does not exist"),
        Binary("uid of 2^32 - 2", Uid, 8, uint.MaxValue - 1, "- f [644 4294967294:0]"),
        Wrong("size that is negative", Size, 12, -1, "size -1"),
        Wrong("size that is very negative", Size, 12, long.MinValue, "size -9223372036854775808"),
        Wrong("size of 2^63 - 1", Size, 12, long.MaxValue, "the limit layer-ratio is 200"),
        Wrong("size of 2^62", Size, 12, 1L << 62, "536870912 bytes are taken of a blob of this length"),
        Wrong("size of 100 GiB, ratios being fine", Size, 12, 100L << 30, "the limit layer-bytes is 68719476736")
            with { Limits = new IngestLimits { LayerRatioBytes = 1L << 40 } },
        Wrong("size of 500 MiB that is not there", Size, 12, 500L << 20, "cut short"),
        Refused("size of 2^64", t => t.Add("f", edit: b => { RawTar.Number(b, Size, 12, 0); b[Size + 3] = 1; }),
            "f", NoNumber),
        Refused("size of 2^94", t => t.Add("f", edit: b => { b.AsSpan(Size, 12).Fill(0xFF); b[Size] = 0xBF; }),
            "f", NoNumber),
        Refused("largest octal size", t => t.Add("f", edit: b => RawTar.Put(b, Size, "777777777777")),
            "f", "layer-ratio"),
        Refused("size one block too large", t => t.Add("f", '0', "x", edit: b => RawTar.Put(b, Size, "00000003001\0")),
            "f", "cut short"),
        Refused("size one block too small", t => t.Add("f", '0', new string('x', 600), edit: b =>
            RawTar.Put(b, Size, "00000000010\0")), "f", "checksum does not match"),
        Taken("size that swallows the next entry",
            t => t.Add("f", '0', "x", edit: b => RawTar.Put(b, Size, "00000001001\0")).File("../x"), "- f"),
        Taken("size of a directory", t => t.Add("d", '5', edit: Large).File("f"), "d d [644 0:0], - f"),
        Taken("size of a symlink", t => t.Add("s", '2', link: "f", edit: Large).File("f"), "- f, l s -> f"),
        Taken("size of a device", t => t.Add("c", '3', edit: Large).File("f"), "c c, - f"),
        Refused("negative size of a directory in its pax header", t => t.File("a").Pax("size=-1").Directory("d"),
            "a", "expected a number up to"),

        Binary("time of 2^63 - 1", Mtime, 12, long.MaxValue, "- f"),
        Binary("time of -2^63", Mtime, 12, long.MinValue, "- f"),
        Binary("time before 1970", Mtime, 12, -1_000_000_000_000, "- f"),
        Wrong("device beyond the kernel's", Major, 8, 4096, "is out of range", '3'),
        Wrong("device minor beyond the kernel's", Minor, 8, 1 << 20, "is out of range", '4'),
        Wrong("device that is negative", Major, 8, -1, "device -1:0 is out of range", '3'),
        Binary("device numbers of a file", Major, 8, -1, "- f"),
        Text("device numbers of a file, no numbers", Major, "garbage\0", null),
        Taken("blanks for all numbers", t => t.Add("f", edit: b => b.AsSpan(Mode, 48).Fill((byte)' ')), "- f [0 0:0]"),
        Taken("NULs for all numbers", t => t.Add("f", edit: b => b.AsSpan(Mode, 48).Clear()), "- f [0 0:0]"),
    ];

    private static HostileRow Text(string name, int at, string text, string? rule) => rule is null
        ? Taken(name, t => t.Add("f", edit: b => RawTar.Put(b, at, text)), "- f")
        : Refused($"{name} that is no number", t => t.Add("f", edit: b => RawTar.Put(b, at, text)), "f", rule);

    private static HostileRow Binary(string name, int at, int length, long value, string tree) =>
        Taken(name, t => t.Add("f", edit: b => RawTar.Number(b, at, length, value)), tree);

    private static HostileRow Wrong(string name, int at, int length, long value, string rule, char type = '0') =>
        Refused(name, t => t.Add("f", type, edit: b => RawTar.Number(b, at, length, value)), "f", rule);

    private static void Large(byte[] block) => RawTar.Put(block, Size, "00000100000\0");
}
