using Skiff.Layers.Tar;
using static Skiff.Layers.Tests.Hostile.HostileRow;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>
/// Extended attributes. Docker sets whatever a layer has, overlayfs's own included, and passes over what its filesystem
/// does not take. Here overlayfs's own are left out in both stores: an image could hide or exchange files with them.
/// </summary>
internal static class XattrRows
{
    private const string Schily = "SCHILY.xattr.", BadName = "has a bad name or more than 65535 bytes";

    internal static IEnumerable<HostileRow> All =>
    [
        Kept("opaque mark of overlayfs", "trusted.overlay.opaque=y", ""),
        Kept("redirection of overlayfs", "trusted.overlay.redirect=/etc", ""),
        Kept("metadata copy of overlayfs", "trusted.overlay.metacopy=", ""),
        Kept("origin of overlayfs", "trusted.overlay.origin=x", ""),
        Kept("whiteout attribute of overlayfs", "trusted.overlay.whiteout=", ""),
        Kept("any attribute of overlayfs", "trusted.overlay.=y", ""),
        Kept("escaped attribute of overlayfs", "trusted.overlay.overlay.opaque=y", ""),
        Kept("user's opaque mark of overlayfs", "user.overlay.opaque=y", ""),
        Kept("user's redirection of overlayfs", "user.overlay.redirect=/etc", ""),
        Kept("user's whiteout attribute of overlayfs", "user.overlay.whiteout=y", ""),
        Kept("what only resembles overlayfs's", "trusted.overlays=y", "trusted.overlays"),
        Taken("opaque mark of overlayfs in libarchive's form",
            t => t.Pax("LIBARCHIVE.xattr.trusted%2Eoverlay%2Eopaque=eQ").Directory("d"), "d d") with { Xattrs = "" },
        Taken("overlayfs's attributes beside others", t => t.Pax($"{Schily}trusted.overlay.opaque=y",
            $"{Schily}user.kept=1", $"{Schily}user.overlay.metacopy=").Directory("d"), "d d")
            with { Xattrs = "user.kept" },
        Taken("opaque mark of overlayfs for all",
            t => t.Extended('g', RawTar.Records($"{Schily}trusted.overlay.opaque=y")).Directory("d"), "d d")
            with { Xattrs = "" },
        Taken("opaque mark of overlayfs on the root",
            t => t.Pax($"{Schily}trusted.overlay.opaque=y").Directory("./"), "") with { Xattrs = "" },
        Kept("trusted attribute", "trusted.any=1", "trusted.any"),
        Kept("label of SELinux", "security.selinux=system_u:object_r:shadow_t:s0", "security.selinux"),
        Kept("attribute of no namespace", "nonsense=1", ""),
        Kept("attribute of an unknown namespace", "com.example.x=1", ""),
        Kept("attribute of the system namespace", "system.nonsense=1", ""),
        Kept("newline in a value", "user.a=b\nc", "user.a"),
        Kept("NUL in a value", "user.a=\0\0", "user.a"),
        Kept("empty value", "user.a=", "user.a"),
        Taken("all capabilities", t => t.Pax($"{Schily}security.capability=" + s_capability).File("f"), "- f")
            with { Xattrs = "security.capability" },
        Taken("capabilities that are malformed", t => t.Pax($"{Schily}security.capability=x").File("f"), "- f") with
        {
            Overlay = Refused("", t => t, "", "") with { Says = ["setxattr", "EINVAL"] },
        },
        Taken("attributes of a symlink", t => t.Pax($"{Schily}trusted.a=b").Symlink("s", "t"), "l s -> t")
            with { Xattrs = "trusted.a" },
        Taken("attributes of a hard link", t => t.File("f").Pax($"{Schily}trusted.a=b").HardLink("h", "f"), "- f, - h")
            with { Xattrs = "" },
        Taken("percent signs that are none", t => t.Pax("LIBARCHIVE.xattr.user.%zz=eQ").File("f"), "- f")
            with { Xattrs = "user.%zz" },
        Taken("value of 65,535 bytes", t => t.Pax($"{Schily}user.a=" + new string('v', 65535)).File("f"), "- f") with
        {
            Xattrs = "user.a", Overlay = Refused("", t => t, "", "") with { Says = ["setxattr", "ENOSPC"] },
        },
        Bad("no name", $"{Schily}=v", BadName),
        Bad("name of 256 bytes", $"{Schily}user.{new string('n', 251)}=v", BadName),
        Bad("value of 65,536 bytes", $"{Schily}user.a={new string('v', 65536)}", BadName),
        Bad("value of 200,000 bytes", $"{Schily}user.a={new string('v', 200_000)}", BadName),
        Bad("control characters in a name", $"{Schily}\u001b[2J{new string('n', 300)}=v", @"\u{1b}[2J"),
        Bad("NUL in a name", $"{Schily}user.a\0b=v", BadName),
        Bad("NUL in a name in libarchive's form", "LIBARCHIVE.xattr.user.a%00b=eQ", BadName),
        Bad("value that is not base64", "LIBARCHIVE.xattr.user.a=*", "is not base64"),
        Bad("value of half a base64 group", "LIBARCHIVE.xattr.user.a=e", "is not base64"),
        Many("3,000 attributes", 3000, i => $"user.{i}=", "xattr-bytes"),
        Many("three values of 60,000 bytes", 3, i => $"user.{i}={new string('v', 60_000)}", "xattr-bytes"),
        Many("one attribute 200 times", 200, i => $"user.a={new string('v', 1000)}", "xattr-bytes"),
        Many("names of more than 64 KiB", 300, i => $"user.{i:d3}{new string('n', 240)}=", "names of more than 65536")
            with { Limits = new IngestLimits { XattrBytes = 200_000 } },
        Refused("too many in three headers", t => t
            .Extended('g', RawTar.Records($"{Schily}user.a={new string('v', 50_000)}"))
            .Pax($"{Schily}user.b={new string('v', 50_000)}",
                $"LIBARCHIVE.xattr.user.c={new string('A', 60_000)}").File("f"), "f", "xattr-bytes"),
    ];

    // All of them, effective: a program with it gets no more than its container may have.
    private static readonly string s_capability = "\u0001\0\0\u0002" + new string('\u00ff', 16);

    private static HostileRow Kept(string name, string attribute, string kept) =>
        Taken(name, t => t.Pax(Schily + attribute).Directory("d"), "d d") with { Xattrs = kept };

    private static HostileRow Bad(string name, string record, string rule) =>
        Refused(name, t => t.File("a").Pax(record).File("f"), "a", rule);

    private static HostileRow Many(string name, int count, Func<int, string> attribute, string rule) => Refused(name,
        t => t.File("a").Pax([.. Enumerable.Range(0, count).Select(i => Schily + attribute(i))]).File("f"), "a", rule);
}
