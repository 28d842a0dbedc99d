using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Header blocks that are damaged, of unknown kinds, or none at all.</summary>
internal static class HeaderRows
{
    private const string Checksum = "checksum does not match", Unknown = "has unknown type";

    internal static IEnumerable<HostileRow> All =>
    [
        Refused("wrong checksum", t => t.File("a").Add("b", damage: b => b[0]++), "a", Checksum),
        Refused("wrong checksum in the last byte", t => t.File("a").Add("b", damage: b => b[511]++), "a", Checksum),
        Refused("checksum of zero", t => t.File("a").Add("b", damage: b => RawTar.Put(b, 148, "0000000\0")),
            "a", Checksum),
        Refused("checksum that is no number", t => t.File("a").Add("b", damage: b => RawTar.Put(b, 148, "zzzzzz\0 ")),
            "a", Checksum),
        Refused("no checksum", t => t.File("a").Add("b", damage: b => b.AsSpan(148, 8).Clear()), "a", Checksum),
        Refused("checksum as a negative number",
            t => t.File("a").Add("b", damage: b => b.AsSpan(148, 8).Fill(0xFF)), "a", Checksum),
        Refused("name changed after the checksum", t => t.File("a").Add("b", damage: b => RawTar.Put(b, 0, "../x")),
            "a", Checksum),
        Refused("block of 0xff", t => t.File("a").Raw(new string('\u00ff', 512)), "a", Checksum),
        Refused("block of blanks", t => t.File("a").Raw(new string(' ', 512)), "a", Checksum),
        Refused("text in place of a header", t => t.File("a").Raw("<html>not found</html>").Pad(), "a", Checksum),
        Refused("noise in place of a header", t => t.File("a").Raw(Noise(1 << 20)), "a", Checksum),
        Refused("an error page as a layer", Bytes("<!DOCTYPE html><title>502</title>".PadRight(2000)),
            Checksum, "at the first entry"),
        Refused("noise as a layer", Bytes(Noise(300_000)), Checksum, "at the first entry"),
        Refused("a zip archive as a layer", Bytes("PK\u0003\u0004" + Noise(2000)), Checksum),
        Refused("an xz archive as a layer", Bytes("\u00fd7zXZ\0" + Noise(2000)), Checksum),
        Refused("a program as a layer", Bytes("\u007fELF\u0002\u0001\u0001" + Noise(2000)), Checksum),
        Refused("entry after half an end mark", t => t.File("a").Raw(new string('\0', 512)).File("b"),
            "a", "after the end mark's first block"),
        Kind('V'), Kind('M'), Kind('D'), Kind('N'), Kind('A'), Kind('Z'), Kind('s'), Kind('8'), Kind(' '), Kind('\n'),
        Kind('\u00ff'),
        Taken("unknown magic", t => t.Add("f", edit: b => RawTar.Put(b, 257, "nonsense")), "- f"),
        Taken("GNU magic with a directory in the prefix, which is none",
            t => t.Add("f", edit: b => { RawTar.Put(b, 257, "ustar  \0"); RawTar.Put(b, 345, "../.."); }), "- f"),
        Taken("v7 directory", t => t.Add("d/", '\0', edit: b => b.AsSpan(257, 8).Clear()), "d d [644 0:0]"),
        Taken("file with a slash at its end", t => t.Add("d/", '0').File("e"), "- d, - e"),
        Taken("target of a file", t => t.Add("f", '0', link: "/outside"), "- f"),
        Taken("names of users", t => t.Add("f", edit: b => RawTar.Put(b, 265, "../\u001b" + new string('x', 60))),
            "- f"),
        Taken("contiguous file", t => t.Add("f", '7', "x"), "- f"),
        Taken("set-id bits", t => t.Add("f", edit: b => RawTar.Put(b, 100, "0006755\0")), "- f [6755 0:0]"),
        Taken("sticky directory for all", t => t.Add("d", '5', edit: b => RawTar.Put(b, 100, "0001777\0")),
            "d d [1777 0:0]"),
        Taken("devices of the host",
            t => t.Add("disk", '4', edit: b => RawTar.Put(b, 329, "0000010\00000000\0"))
                .Add("mem", '3', edit: b => RawTar.Put(b, 329, "0000001\00000001\0")), "b disk, c mem"),
        Taken("fifo with content", t => t.Add("p", '6', edit: b => RawTar.Put(b, 124, "00000001000\0")).File("f"),
            "- f, p p"),
    ];

    private static HostileRow Kind(char type) => Refused($"type 0x{(int)type:x2}",
        t => t.File("a").Add("f", type, "content"), "f", $"{Unknown} 0x{(int)type:x2}");

    private static Func<HostileBlob> Bytes(string bytes) => () => new HostileBlob(RawTar.Latin1(bytes));

    internal static string Noise(int length)
    {
        byte[] noise = new byte[length];
        new Random(7).NextBytes(noise);
        return System.Text.Encoding.Latin1.GetString(noise);
    }
}
