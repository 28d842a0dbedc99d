using System.Text;
using System.Text.RegularExpressions;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Hostile;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>Bodies of extended headers. Oracle: a reader of three lines.</summary>
internal sealed partial class PaxTarget : FuzzTarget
{
    private static readonly string[] s_keys =
    [
        "path", "linkpath", "size", "uid", "gid", "mtime", "comment", "SCHILY.xattr.user.a", "SCHILY.xattr.trusted.b",
        "LIBARCHIVE.xattr.user.c", "hdrcharset", "atime", "a=b",
    ];

    private static readonly byte[][] s_words =
    [
        .. ((string[])["path=", "size=", "uid=", "mtime=", "=", "\n", " ", "\0", "12 path=abc\n", "0 ", "-1",
            "+7 a=bc\n", "99999999999999999999", "LIBARCHIVE.xattr.", "%2E", "SCHILY.xattr.", "4294967296", "1.5",
            "-0.5", "GNU.sparse.", "6 a=b\n", "5 a=\n", "\u00ff"]).Select(RawTar.Latin1),
    ];

    internal override string Name => "pax";

    internal override byte[] Make(Random random)
    {
        var records = new string[random.Next(8)];
        for (int i = 0; i < records.Length; i++)
        {
            string key = s_keys[random.Next(s_keys.Length)];
            records[i] = $"{key}={Value(key, random)}";
        }
        return RawTar.Latin1(RawTar.Records(records));
    }

    internal override byte[] Mutate(byte[] input, Random random) => Mutations.Words(input, random, s_words);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        var attributes = new PaxAttributes();
        try
        {
            attributes.Read(input, 0);
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            Assert.False(isWhole, e.Message);
            return;
        }
        Dictionary<string, string> expected = Read(Encoding.Latin1.GetString(input));
        Assert.Equal(expected.GetValueOrDefault("path", ""), Encoding.Latin1.GetString(attributes.Path.Span));
        Assert.Equal(expected.GetValueOrDefault("linkpath", ""), Encoding.Latin1.GetString(attributes.LinkPath.Span));
        Assert.Equal(Number(expected, "size"), attributes.Size);
        Assert.Equal(Number(expected, "uid"), attributes.Uid);
        Assert.Equal(Number(expected, "gid"), attributes.Gid);
        var xattrs = expected.Where(record => record.Key.StartsWith("SCHILY.xattr."))
            .Select(record => (record.Key["SCHILY.xattr.".Length..], record.Value));
        var found = Enumerable.Range(0, attributes.Xattrs.Count).Select(i => (
            Encoding.Latin1.GetString(attributes.Xattrs.Name(i)),
            Encoding.Latin1.GetString(attributes.Xattrs.Value(i))));
        Assert.Equal(xattrs.Order(), found.Order());
    }

    private static Dictionary<string, string> Read(string text)
    {
        Dictionary<string, string> records = [];
        while (Record().Match(text) is { Success: true } match)
        {
            int length = int.Parse(match.Groups[1].Value), key = match.Length;
            int equals = text.IndexOf('=', key);
            records[text[key..equals]] = text[(equals + 1)..(length - 1)];
            text = text[length..];
        }
        return records;
    }

    private static long? Number(Dictionary<string, string> records, string key) =>
        records.GetValueOrDefault(key, "") is { Length: > 0 } text ? long.Parse(text) : null;

    private static string Value(string key, Random random) => key switch
    {
        "size" or "uid" or "gid" => $"{random.Next()}",
        "mtime" => $"{random.Next(-9, 1 << 30)}.{random.Next(1000)}",
        _ when key.StartsWith("LIBARCHIVE") => Convert.ToBase64String(new byte[random.Next(9)]).TrimEnd('='),
        _ => new string((char)random.Next('a', 'z'), random.Next(300)),
    };

    [GeneratedRegex(@"\A([+]?\d+) ")]
    private static partial Regex Record();
}
