using Skiff.Layers.Tests.Hostile;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>Tars of every dialect, and ways to damage them that get past the checksum.</summary>
internal static class RandomTar
{
    private static readonly (int At, int Length)[] s_fields =
    [
        (0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (156, 1), (157, 100), (257, 8), (265, 32),
        (329, 8), (337, 8), (345, 155),
    ];

    private static readonly string[] s_values =
    [
        "", "0", "7777777", "777777777777", "-1", "8", "9", "x", " 17 ", "..", "../x", "/etc", "a/../../b", "\0x",
        "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "\u0080",
        "\u0080\0\0\0\0\0\0\u0001",
        ".wh.a", ".wh..wh..opq", ".wh.", "\n", "ustar\0", "ustar  ", "L", "K", "x", "g", "S", "1", "2", "3", "5",
    ];

    /// <summary>Any well-formed tar.</summary>
    internal static byte[] Make(Random random)
    {
        var tar = new RawTar();
        for (int count = random.Next(8); count > 0; count--) Add(tar, random);
        return tar.ToArray();
    }

    internal static byte[] Mutate(byte[] tar, Random random)
    {
        for (int times = random.Next(1, 4); times > 0 && tar.Length >= 512; times--)
            tar = random.Next(10) switch
            {
                0 => Mutations.Bytes(tar, random),
                1 => Blocks(tar, random, (block, at) => [.. tar[..at], .. block, .. tar[at..]]),
                2 => Blocks(tar, random, (block, at) => [.. tar[..at], .. tar[(at + 512)..]]),
                3 => Blocks(tar, random, (block, at) => [.. tar[..at], .. new byte[512], .. tar[at..]]),
                4 => tar[..random.Next(tar.Length)],
                _ => Blocks(tar, random, (block, at) => [.. tar[..at], .. Field(block, random), .. tar[(at + 512)..]]),
            };
        return tar;
    }

    private static byte[] Blocks(byte[] tar, Random random, Func<byte[], int, byte[]> change)
    {
        int at = random.Next(tar.Length / 512) * 512;
        return change(tar[at..(at + 512)], at);
    }

    private static byte[] Field(byte[] block, Random random)
    {
        (int at, int length) = s_fields[random.Next(s_fields.Length)];
        byte[] value = RawTar.Latin1(s_values[random.Next(s_values.Length)]);
        block.AsSpan(at, length).Clear();
        value.AsSpan(0, Math.Min(value.Length, length)).CopyTo(block.AsSpan(at));
        if (random.Next(8) > 0) RawTar.Seal(block);
        return block;
    }

    private static void Add(RawTar tar, Random random)
    {
        char type = "00000125346700"[random.Next(14)];
        bool pax = random.Next(3) == 0;
        // The platform's reader takes no GNU long name after a pax header.
        string name = Name(random, pax) + (type == '5' ? "/" : "");
        string link = type is '1' or '2' ? Name(random, pax) : "";
        string data = type is '0' or '7' ? new string('d', Size(random)) : "";
        if (random.Next(20) == 0) tar.Extended('g', RawTar.Records("comment=for all"));
        if (pax) tar.Pax(Records(random));
        tar.Add(name, type, data, link, block =>
        {
            RawTar.Put(block, 100, Octal(random.Next(4096), 7));
            RawTar.Put(block, 108, Octal(random.Next(1 << 21), 7));
            if (random.Next(4) > 0) RawTar.Put(block, 116, Octal(random.Next(1 << 21), 7));
            else RawTar.Number(block, 116, 8, random.Next());
            RawTar.Put(block, 136, Octal(random.Next(), 11));
            if (type is '3' or '4') RawTar.Put(block, 329, Octal(random.Next(4096), 7) + Octal(random.Next(256), 7));
            // Behind other headers the platform's reader does not take it for a prefix, as GNU tar and Python do.
            bool isFirst = !pax && name.Length <= 100 && link.Length <= 100;
            if (isFirst && random.Next(8) == 0) RawTar.Put(block, 345, "prefix/of/ustar");
        });
    }

    private static string[] Records(Random random)
    {
        List<string> records = [];
        if (random.Next(2) == 0) records.Add($"mtime={random.Next()}.{random.Next(1_000_000_000):d9}");
        if (random.Next(2) == 0) records.Add($"uid={random.Next()}");
        if (random.Next(2) == 0) records.Add($"gid={random.Next()}");
        if (random.Next(3) == 0) records.Add($"path={Name(random, isShort: false)}");
        for (int i = random.Next(4); i > 0; i--)
            records.Add($"SCHILY.xattr.user.{i}={new string('v', random.Next(50))}");
        return [.. records];
    }

    private static string Name(Random random, bool isShort) => random.Next(6) switch
    {
        0 when !isShort => new string((char)random.Next('a', 'z'), random.Next(95, 260)),
        1 when !isShort => string.Join('/', Enumerable.Range(0, random.Next(2, 60)).Select(i => $"{i}")),
        2 => "./" + random.Next(9),
        _ => $"{(char)random.Next('a', 'd')}/{(char)random.Next('a', 'd')}{random.Next(3)}",
    };

    private static int Size(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => random.Next(510, 515),
        2 => random.Next(5000),
        _ => random.Next(100),
    };

    private static string Octal(int value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0') + "\0";
}
