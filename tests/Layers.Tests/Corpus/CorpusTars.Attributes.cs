using System.Buffers.Binary;
using System.Text;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Modes, owners, extended attributes, devices.</summary>
internal static partial class CorpusTars
{
    private const string Schily = "SCHILY.xattr.", Libarchive = "LIBARCHIVE.xattr.";

    /// <summary>cap_net_raw+ep as setcap(8) writes it.</summary>
    private const string Capability =
        "\x01\0\0\x02\0\x20\0\0" + "\0\0\0\0" + "\0\0\0\0" + "\0\0\0\0";

    /// <summary>posix_acl_xattr of version 2: owner, a named user, group, mask, others.</summary>
    private static string Acl(int user)
    {
        byte[] acl = new byte[4 + 8 * 5];
        BinaryPrimitives.WriteInt32LittleEndian(acl, 2);
        (int Tag, int Permissions, int Id)[] entries = [(1, 6, -1), (2, 4, user), (4, 4, -1), (16, 4, -1), (32, 4, -1)];
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = acl.AsSpan(4 + 8 * i);
            BinaryPrimitives.WriteInt16LittleEndian(entry, (short)entries[i].Tag);
            BinaryPrimitives.WriteInt16LittleEndian(entry[2..], (short)entries[i].Permissions);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], entries[i].Id);
        }
        return Encoding.Latin1.GetString(acl);
    }

    private static IEnumerable<CorpusTar> Attributes =>
    [
        Of("every mode bit", t =>
        {
            for (int bit = 0; bit < 12; bit++)
                t.Add($"f{bit}", data: "x", mode: 1 << bit).Directory($"d{bit}", 1 << bit);
            return t.Add("none", mode: 0).Directory("closed", 0).Add("closed/f", data: "in").Add("all", mode: 0xFFF)
                .End();
        }),
        Of("set-id files keep their bits whoever owns them", t => t.Add("u", data: "x", mode: 0x9ED, uid: 5, gid: 6)
            .Add("g", data: "x", mode: 0x5ED, uid: 5, gid: 6).Directory("d", 0x7ED, uid: 7, gid: 8).End()),
        Of("owners of every kind of file", t => t.Add("f", uid: 1, gid: 2).Directory("d", uid: 3, gid: 4)
            .Add("l", '2', link: "f", uid: 5, gid: 6).Add("p", '6', uid: 7, gid: 8)
            .Add("c", '3', uid: 9, gid: 10, device: (1, 3)).Pax("uid=100000", "gid=65536")
            .Add("large").End()),
        Of("largest ids", t => t.Pax("uid=4294967294", "gid=4294967294").Add("f", data: "x")
            .Pax("uid=65535", "gid=65535").Add("g").Pax("uid=65536", "gid=0").Add("h").End()),
        Of("devices", t => t.Add("null", '3', mode: 0x1B6, device: (1, 3)).Add("disk", '4', device: (259, 1000))
            .Add("large", '3', device: (4095, 1048575 & 0x1FFFFF)).Add("zero-minor", '4', device: (8, 0))
            .Add("hard", '1', link: "null").End()),
        Of("fifos", t => t.Add("p", '6', mode: 0x180).Add("q", '6', mode: 0x1FF).Add("h", '1', link: "p").End()),
        Of("capability", t => t.Pax(Schily + "security.capability=" + Capability).Add("ping", data: "elf", mode: 0x1ED)
            .Pax(Schily + "security.capability=" + Capability).Add("owned", data: "elf", mode: 0x1ED, uid: 7).End()),
        Of("access control lists", t => t
            .Pax(Schily + "system.posix_acl_access=" + Acl(77)).Add("f", data: "x")
            .Pax(Schily + "system.posix_acl_access=" + Acl(7), Schily + "system.posix_acl_default=" + Acl(8))
            .Directory("d", 0x1A4).End()) with { Oracle = CorpusOracle.Umoci },
        Of("attributes of all namespaces", t => t.Pax(Schily + "user.a=1", Schily + "trusted.b=\0\xff",
            Schily + "security.c=three").Add("f", data: "x").End()),
        Of("attributes with odd values", t => t.Pax(Schily + "user.empty=", Schily + "user.line=a\nb=c\n",
            Schily + "user.binary=\0\x01\0", Schily + "user." + new string('n', 250) + "=long name")
            .Add("f", data: "x").End()),
        Of("attributes that need blocks of their own", t => t.Pax(Schily + "user.one=" + new string('1', 600),
            Schily + "user.two=" + new string('2', 1200), Schily + "user.three=" + new string('3', 1501))
            .Add("f", data: "x").End()),
        Of("attributes on what is no file", t => t.Pax(Schily + "user.d=dir").Directory("d")
            .Pax(Schily + "trusted.l=link").Add("l", '2', link: "nowhere")
            .Pax(Schily + "trusted.p=fifo").Add("p", '6')
            .Pax(Schily + "trusted.c=device").Add("c", '3', device: (1, 5)).End()),
        Of("attributes of libarchive", t => t
            .Pax(Libarchive + "user.a%20b=aGVsbG8", Libarchive + "user.c=AAE=", Libarchive + "user.%c3%A4=AA")
            .Add("f", data: "x").End()) with { Oracle = CorpusOracle.Bsdtar },
        Of("attributes in both spellings", t => t.Pax(Libarchive + "user.a=aGVsbG8", Schily + "user.a=hello")
            .Add("f", data: "x").End()),
        Of("attributes of a namespace that no filesystem has", t => t.Pax(Schily + "com.apple.quarantine=0081",
            Schily + "user.kept=1").Add("f", data: "x").End()),
        Of("attribute names that only begin like an access control list", t => t
            .Pax(Schily + "system.posix_acl_accessory=x", Schily + "user.kept=1").Add("f", data: "x").End()),
        Of("the same attributes on many files", t =>
        {
            for (int i = 0; i < 200; i++)
                t.Pax(Schily + "security.capability=" + Capability, Schily + $"user.n={i % 7}",
                    Schily + $"user.i={i}").Add($"f{i}", data: "x");
            return t.End();
        }),
    ];
}
