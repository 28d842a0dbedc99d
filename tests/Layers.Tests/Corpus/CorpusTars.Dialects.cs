using Skiff.Layers.Tests.Hostile;
using static Skiff.Layers.Tests.Hostile.RawTar;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Headers as they have been written since 1979.</summary>
internal static partial class CorpusTars
{
    private const string OldGnu = "ustar  \0";

    private static IEnumerable<CorpusTar> Dialects =>
    [
        Of("v7", t => Old(t).Add("d/", '\0', mode: 0x1ED).Add("d/f", '\0', "old").Add("l", '2', link: "d/f")
            .Add("h", '1', link: "d/f").Add(new string('n', 100), '\0', "full field").End()),
        Of("v7 without NULs in its numbers", t => Old(t).Add("f", '\0', "x", edit: h =>
        {
            Put(h, 100, "  644 \0\0");
            Put(h, 108, "     1 \0");
            Put(h, 116, "00000002");
            Put(h, 124, "          1 ");
            Put(h, 136, "14524771400 ");
        }).End()),
        Of("checksum without its blank", t => With(t, sum => Octal(sum, 7) + "\0").Add("f", data: "1").End()),
        Of("checksum with leading blanks", t => With(t, sum => $"{Octal(sum, 5),6}\0 ").Add("f", data: "1").End()),
        Of("checksum of signed bytes", t =>
        {
            t.SignedChecksum = true;
            return t.Add("\u00e4\u00f6\u00fc", data: "x").Add("plain").End();
        }),
        Of("ustar prefix", t => t.Add("f", data: "1", edit: h => Put(h, 345, "some/dir"))
            .Add(new string('n', 100), data: "2", edit: h => Put(h, 345, new string('p', 155))).End()),
        Of("star prefix", t => t.Add("f", data: "1", edit: h =>
        {
            Put(h, 345, "dir");
            Put(h, 476, Octal(1_600_000_000, 11) + " ");
            Put(h, 488, Octal(1_600_000_000, 11) + " ");
            Put(h, 508, "tar\0");
        }).End()),
        Of("old GNU magic, times where ustar has its prefix", t => Gnu(t).Add("f", data: "1", edit: h =>
        {
            Put(h, 345, Octal(1_600_000_000, 11));
            Put(h, 357, Octal(1_600_000_000, 11));
        }).End()),
        Of("GNU long name", t => Gnu(t).Long('L', Long(300)).Add("short", data: "x").Add("next").End()),
        Of("GNU long link", t => Gnu(t).Long('K', new string('t', 300)).Add("l", '2', link: "short").End()),
        Of("GNU long link and name", t => Gnu(t).Long('K', Long(200)).Long('L', Long(280))
            .Add("short", '2', link: "s").End()),
        Of("GNU long name and link of a hard link", t => Gnu(t).Long('L', Long(280)).Add("s", data: "same")
            .Long('L', new string('h', 150)).Long('K', Long(280)).Add("s", '1', link: "s").End()),
        Of("GNU long name without NUL", t => Gnu(t).Add("././@LongLink", 'L', new string('n', 120))
            .Add("short", data: "x").End()),
        Of("GNU long name of exactly one block", t => Gnu(t).Long('L', Long(511)).Add("short", data: "x").End()),
        Of("GNU long directory", t => Gnu(t).Long('L', Long(210) + "/").Add("short/", '5', mode: 0x1C0).End()),
        Of("base-256 owner and group", t => Gnu(t).Add("f", edit: h =>
        {
            Number(h, 108, 8, 4_000_000_000);
            Number(h, 116, 8, 2_097_152);
        }).End()),
        Of("base-256 size", t => Gnu(t).Add("f", data: new string('x', 700), edit: h => Number(h, 124, 12, 700))
            .Add("next").End()),
        Of("base-256 time, also before 1970", t => Gnu(t)
            .Add("new", edit: h => Number(h, 136, 12, 1L << 33))
            .Add("old", edit: h => Number(h, 136, 12, -1_000_000)).End()),
        Of("base-256 devices", t => Gnu(t).Add("dev", '3', edit: h =>
        {
            Number(h, 329, 8, 259);
            Number(h, 337, 8, 0xABCDE);
        }).End()),
        Of("contiguous file", t => t.Add("f", '7', "like a regular one").End()),
        Of("mode with type bits", t => t.Add("f", data: "x", mode: 0x81A4).Add("d", '5', mode: 0x41ED).End()),
        Of("pax path and link", t => t.Pax("path=" + Long(300), "linkpath=" + new string('t', 200)).Add("s", '2')
            .End()),
        Of("pax numbers", t => t.Pax("uid=3000000", "gid=4000000000", "size=5", "mtime=5")
            .Add("f", data: "12345", edit: h => Put(h, 124, Octal(0, 11))).Add("next", data: "6").End()),
        Of("pax owner names do not matter", t => t.Pax("uname=daemon", "gname=games")
            .Add("f", uid: 77, gid: 78, edit: h => Put(h, 265, "bin")).End()),
        Of("pax times to the nanosecond", t => t
            .Pax("mtime=1700000000.123456789").Add("nine").Pax("mtime=1700000000.5").Add("one")
            .Pax("mtime=1700000000.1234567899").Add("ten").Pax("mtime=1700000000.").Add("none")
            .Pax("mtime=-1.25").Add("before").Pax("mtime=-0.5").Add("zero")
            .Pax("mtime=-86400").Add("day").Pax("mtime=10000000000.000000001").Add("after")
            .Pax("mtime=1.1").Directory("d").Pax("mtime=2.2").Add("l", '2', link: "t").End()),
        Of("pax records that mean nothing here", t => t.Pax("comment=a\nb=c", "VENDOR.key=v",
            "atime=1.5", "ctime=2.5", "charset=BINARY", "hdrcharset=BINARY")
            .Add("f", data: "x").End()),
        Of("pax value that takes a header's field back", t => t.Pax("uid=5", "uid=6")
            .Add("f", uid: 7).End()),
        Of("pax after GNU long name", t => t.Long('L', Long(150)).Pax("mtime=7.5").Add("s", data: "x").End()),
        Of("old pax type of Solaris", t => t.Extended('X', Records("path=" + Long(150), "mtime=9"))
            .Add("s", data: "x").End()),
        Of("pax global", t => t.Global("uid=70", "mtime=1500000000.25").Add("one").Pax("uid=71")
            .Add("two").Add("three").End()),
        Of("pax global after another", t => t.Global("gid=5").Add("one").Global("gid=6").Add("two")
            .End()),
        Of("pax global of git", t => t.Global("comment=0123456789abcdef0123456789abcdef01234567")
            .Directory("project/").Add("project/f", data: "x").End()),
        Of("empty pax header", t => t.Add("x", 'x').Add("f", data: "x").Add("g", 'g').Add("h").End()),
    ];

    private static RawTar Old(RawTar tar)
    {
        tar.Magic = "";
        return tar;
    }

    private static RawTar Gnu(RawTar tar)
    {
        tar.Magic = OldGnu;
        return tar;
    }

    private static RawTar With(RawTar tar, Func<int, string> checksum)
    {
        tar.Checksum = checksum;
        return tar;
    }

    /// <summary>A path of so many bytes, with components that a filesystem takes.</summary>
    private static string Long(int length)
    {
        string path = "";
        for (int i = 0; path.Length < length; i++) path += $"{i,49}/".Replace(' ', 'p');
        path = path[..length];
        return path.EndsWith('/') ? path[..^1] + "e" : path;
    }
}
