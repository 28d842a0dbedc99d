using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Tars that end too soon, or not at all.</summary>
internal static class EndRows
{
    private const string Cut = "tar is cut short at byte";

    internal static IEnumerable<HostileRow> All =>
    [
        Taken("nothing at all", () => new HostileBlob([]), ""),
        Taken("end mark alone", t => t, ""),
        Taken("no end mark", Bytes(t => t.File("f", "x")), "- f"),
        Taken("half an end mark", Bytes(t => t.File("f", "x").Raw(new string('\0', 512))), "- f"),
        Taken("no end mark after an empty file", Bytes(t => t.File("f")), "- f"),
        Taken("no end mark after a directory", Bytes(t => t.Directory("d")), "d d"),
        Refused("one byte", Bytes(t => t.File("f"), 1), Cut, "at the first entry"),
        Refused("half a header", Bytes(t => t.File("f"), 256), Cut, "at the first entry"),
        Refused("header but for a byte", Bytes(t => t.File("f"), 511), Cut, "at the first entry"),
        Refused("one byte after an entry", Bytes(t => t.File("f").File("g"), 513), $"{Cut} 513", "after entry \"f\""),
        Refused("no content", Bytes(t => t.File("f", "content"), 512), Cut, "in entry \"f\""),
        Refused("half the content", Bytes(t => t.File("f", new string('x', 10_000)), 5000), Cut, "in entry \"f\""),
        Refused("content but for a byte", Bytes(t => t.File("f", "content"), 518), Cut, "in entry \"f\""),
        Refused("half a block of zeros", Bytes(t => t.File("f").Raw(new string('\0', 300))), Cut, "after entry \"f\""),
        Refused("half a second block of zeros", Bytes(t => t.File("f").Raw(new string('\0', 700))), Cut, "entry \"f\""),
        Refused("no body of a pax header", Bytes(t => t.File("f").Pax("path=g"), 1024), Cut, "after entry \"f\""),
        Refused("half a pax header", Bytes(t => t.File("f").Pax("path=g"), 1030), Cut, "after entry \"f\""),
        Refused("pax header without padding", Bytes(t => t.File("f").Pax("path=g"), 1036), Cut, "after entry \"f\""),
        Refused("pax header without its entry", Bytes(t => t.File("f").Pax("path=g")), Cut, "after entry \"f\""),
        Refused("GNU long name without its entry", Bytes(t => t.File("f").Extended('L', "g")), Cut, "entry \"f\""),
        Taken("pax header for all without any entry", Bytes(t => t.Extended('g', RawTar.Records("uid=7"))), ""),
        Taken("no padding after the last file", Bytes(t => t.File("f", "x"), 513), "- f"),
        Taken("trailing words", Bytes(t => t.File("f").Raw(new string('\0', 1024) + "and more")), "- f"),
        Taken("trailing noise", Bytes(t => t.File("f").Raw(new string('\0', 1024) + HeaderRows.Noise(100_000))), "- f"),
        Taken("a second tar", Bytes(t => t.File("f").Raw(new string('\0', 1024)).File("../x").Symlink("f", "/outside")),
            "- f"),
        Taken("many zeros", Bytes(t => t.File("f").Raw(new string('\0', 3_000_000))), "- f"),
        Taken("zeros alone", Bytes(t => t.Raw(new string('\0', 3_000_000))), ""),
    ];

    private static Func<HostileBlob> Bytes(Func<RawTar, RawTar> make, int? length = null) => () =>
    {
        byte[] bytes = make(new RawTar()).Unfinished();
        return new HostileBlob(length is { } cut ? bytes[..cut] : bytes);
    };
}
