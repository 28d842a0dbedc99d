using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Names that break tools, and messages that quote them.</summary>
internal static class NameRows
{
    internal static IEnumerable<HostileRow> All =>
    [
        Taken("newline in a name", t => t.File("a\nb"), "- a\\x0ab"),
        Taken("name of a newline", t => t.Directory("\n/").File("\n/f"), "d \\x0a, - \\x0a/f"),
        Taken("byte 0xff in a name", t => t.File("\u00ff\u00fe", "x"), "- \\xff\\xfe"),
        Taken("directory of a name that is no UTF-8", t => t.File("\u00c3\u0028/f", "x"), "d \\xc3(, - \\xc3(/f"),
        Taken("name of 255 bytes of 0xff", t => t.File(new string('\u00ff', 255)),
            $"- {string.Concat(Enumerable.Repeat("\\xff", 60))}...(255)"),
        Taken("files that are no UTF-8, replaced", t => t.File("\u00ff/\u00fe", "x").File("\u00ff").File("\u00ff", "y"),
            "- \\xff"),
        Taken("control characters", t => t.File("\u0001\u001b[2J\u007f"), "- \\x01\\x1b[2J\\x7f"),
        Taken("carriage return and tab", t => t.File("a\r\tb"), "- a\\x0d\\x09b"),
        Taken("name like an option", t => t.File("-rf").File("--", "x"), "- --, - -rf"),
        Taken("shell's characters", t => t.File("$(x)`y`;*?'\""), "- $(x)`y`;*?'\""),
        Taken("blanks", t => t.File(" ").File("  ", "x"), "-  , -   "),
        Taken("NUL ends a name", t => t.File("a\0b"), "- a"),
        Taken("NUL ends a GNU long name", t => t.Extended('L', "a\0/../../b\0").File("c"), "- a"),
        Taken("NUL ends the ustar prefix", t => t.Add("f", edit: block => RawTar.Put(block, 345, "p\0/..")),
            "d p, - p/f"),
        Taken("name that fills its field", t => t.File(new string('n', 100)), $"- {new string('n', 60)}...(100)"),
        Taken("one name spelled three ways", t => t.File("a", "1").File("./a", "2").File("//a", "3"), "- a"),
        Taken("capitals", t => t.File("a").File("A"), "- A, - a"),
        Taken("composed and decomposed letters", t => t.File("\u00c3\u00a9").File("e\u00cc\u0081"),
            "- e\\xcc\\x81, - \\xc3\\xa9"),
        Refused("NUL in a pax path", t => t.File("b").Pax("path=a\0b").File("c"), "b", "a path has a NUL inside"),
        Refused("NUL in a pax link path", t => t.File("f").Pax("linkpath=f\0x").HardLink("h", "f"),
            "f", "a path has a NUL inside"),
        Refused("escape sequence in a message", t => t.File("../\u001b[2J\n\r"), @"../\u{1b}[2J\n\u{d}", "leaves"),
        Refused("byte 0xff in a message", t => t.File("../\u00ff"), @"../\xff", "leaves"),
        Refused("quote in a message", t => t.File("../\" is fine"), @"../\"" is fine", "leaves"),
        Refused("backslash in a message", t => t.File(@"../\x1b"), @"../\\x1b", "leaves"),
        Refused("change of direction in a message", t => t.File("../\u00e2\u0080\u00aetxt"),
            @"../\u{202e}txt", "leaves"),
        Refused("line separator in a message", t => t.File("../\u00e2\u0080\u00a8x"), @"../\u{2028}x", "leaves"),
        Refused("long name in a message", t => t.File("../" + new string('x', 1000)),
            "../" + new string('x', 197) + "...", "leaves"),
        Refused("control character in a link's target", t => t.HardLink("h", "\u001b]0;x\u0007"),
            "h", @"a hard link to ""\u{1b}]0;x\u{7}"""),
        Refused("control character in a parent that is no directory", t => t.File("\u0007").File("\u0007/f"),
            @"\u{7}/f", @"""\u{7}"" in its path is not a directory"),
    ];
}
