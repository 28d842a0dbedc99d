using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>Extended headers that are malformed, too many, or too large.</summary>
internal static class PaxRows
{
    private const string Records = "expected records of the form", Cut = "cut short", TooLarge = "header-bytes";

    internal static IEnumerable<HostileRow> All =>
    [
        Body("no length", "no length\n", Records),
        Body("length beyond the header", "99 a=b\n", Records),
        Body("length of zero", "0 a=b\n", Records),
        Body("length too small for itself", "2 a=b\n", Records),
        Body("negative length", "-6 a=b\n", Records),
        Body("length of 30 digits", new string('9', 30) + " a=b\n", Records),
        Body("length that misses the newline", "5 a=b\n", Records),
        Body("no newline", "6 a=b ", Records),
        Body("no blank", "6:a=b\n", Records),
        Body("no key", "6 =bc\n", "a record has no key"),
        Body("no equals sign", "6 abc\n", "a record has no key"),
        Body("garbage after good records", RawTar.Records("comment=x") + "\u00ff\u00ff", Records),
        Record("size that is no number", "size=x", "size is \"x\", expected a number"),
        Record("size with an exponent", "size=1e3", "expected a number"),
        Record("size that is negative", "size=-1", "expected a number"),
        Record("size of 2^63", "size=9223372036854775808", "expected a number"),
        Record("uid that is negative", "uid=-1", "expected a number up to 4294967295"),
        Record("uid of 2^32", "uid=4294967296", "expected a number up to 4294967295"),
        Record("uid that is a name", "uid=root", "expected a number"),
        Record("gid of 40 digits", "gid=" + new string('1', 40), "expected a number"),
        Record("mtime with a letter", "mtime=1x", "mtime is \"1x\""),
        Record("mtime with an exponent", "mtime=1e9", "mtime"),
        Record("mtime that is no number", "mtime=nan", "mtime"),
        Record("mtime of 30 digits", "mtime=" + new string('9', 30), "mtime"),
        Record("control characters in a number", "size=\u001b[2J", @"size is ""\u{1b}[2J"""),
        Refused("uid of 2^32 - 1, which is no user", t => t.Pax("uid=4294967295").File("f"), "f", "does not exist"),
        Refused("size that is not there", t => t.Pax("size=100000000").File("f"), "f", Cut),
        Refused("size beyond the limit", t => t.Pax("size=9223372036854775807").File("f"), "f", "layer-ratio"),
        Refused("size of zero before content", t => t.Pax("size=0").File("f", "content"), "f", "checksum"),
        Refused("size for all", t => t.Extended('g', RawTar.Records("size=5000")).File("f"), "f", Cut),
        Taken("earliest time", t => t.Pax("mtime=-9223372036854775808.5").File("f"), "- f"),
        Taken("time with 1,000 digits", t => t.Pax("mtime=1.5" + new string('5', 1000)).File("f"), "- f"),
        Taken("empty values", t => t.Pax("path=", "size=", "uid=", "mtime=").File("f"), "- f"),
        Taken("last of two paths", t => t.Pax("path=../x", "path=f").File("g"), "- f"),
        Taken("NULs at the end",
            t => t.Extended('x', RawTar.Records("path=f") + new string('\0', 100)).File("g"), "- f"),
        Taken("what nobody needs", t => t.Pax("hdrcharset=BINARY", "charset=UTF-16", "\u00ff=\u00fe",
            "a\nb=c\nd", "SCHILY.ino=99999999999999999999", "SCHILY.nlink=-1", "SCHILY.dev=x", "realtime.x=1",
            "VENDOR.x=y").File("f"), "- f"),
        Taken("200,000 records", t => t.Extended('x', string.Concat(Enumerable.Repeat("5 a=\n", 200_000))).File("f"),
            "- f"),
        Taken("1 MiB of comment", t => t.Extended('x', Comment(1 << 20)).File("f"), "- f"),
        Taken("10,000 headers for all",
            t => t.Times(10_000, (tar, i) => tar.Extended('g', RawTar.Records($"uid={i}"))).File("f"),
            "- f [644 9999:0]"),
        Taken("header and no entry, then the end mark", t => t.Pax("path=f"), ""),
        Refused("1 MiB and a byte", t => t.File("a").Extended('x', Comment((1 << 20) + 1)).File("f"), "a", TooLarge),
        Refused("2 MiB of GNU long name", t => t.File("a").Extended('L', new string('n', 2 << 20)).File("f"),
            "a", TooLarge),
        Refused("2 MiB of GNU long link", t => t.File("a").Extended('K', new string('n', 2 << 20)).Symlink("s", "t"),
            "a", TooLarge),
        Refused("1 MiB of GNU long name", t => t.Extended('L', new string('n', 1 << 20)).File("f"),
            "nnn...", "at most 4095"),
        Refused("1 MiB of GNU long link", t => t.Extended('K', new string('n', 1 << 20)).Symlink("s", "t"),
            "s", "too long target"),
        Refused("many headers for one entry", t => t.File("a").Times(3, (tar, i) => tar.Extended('x', Comment(400_000)))
            .File("f"), "a", TooLarge),
        Refused("long names without end", t => t.File("a").Times(3000, (tar, i) => tar.Extended('L', "n" + i))
            .Times(220, (tar, i) => tar.Extended('x', Comment(5000))).File("f"), "a", TooLarge),
        Refused("header of 2^62 bytes", t => t.File("a").Extended('x', "", 1L << 62).File("f"), "a", TooLarge),
        Refused("header of negative size", t => t.File("a").Extended('x', "", -1).File("f"), "a", "size -1"),
        Refused("GNU long name of negative size", t => t.File("a").Extended('L', "", long.MinValue), "a", "size -"),
        Refused("header of more than there is", t => t.File("a").Extended('x', "", 10_000), "a", Cut),
    ];

    private static string Comment(int length) =>
        $"{length} comment={new string('c', length - $"{length} comment=\n".Length)}\n";

    private static HostileRow Body(string name, string body, string rule) =>
        Refused(name, t => t.File("a").Extended('x', body).File("f"), "a", rule);

    private static HostileRow Record(string name, string record, string rule) =>
        Refused(name, t => t.File("a").Pax(record).File("f"), "a", rule);
}
