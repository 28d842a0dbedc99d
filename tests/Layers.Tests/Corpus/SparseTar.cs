using Skiff.Layers.Tests.Hostile;
using static Skiff.Layers.Tests.Hostile.RawTar;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>The four ways in which GNU tar writes a file with holes.</summary>
internal static class SparseTar
{
    private const int FirstOld = 4, MoreOld = 21;

    internal delegate RawTar Writer(RawTar tar, string name, long size, params (long Offset, int Length)[] data);

    /// <summary>Each with its name.</summary>
    internal static readonly (string Name, Writer Write)[] Formats =
        [("old GNU", Old), ("pax 0.0", Pax00), ("pax 0.1", Pax01), ("pax 1.0", Pax10)];

    internal static RawTar Old(RawTar tar, string name, long size, params (long Offset, int Length)[] data)
    {
        (long, int)[] entries = Entries(size, data);
        string magic = tar.Magic;
        tar.Magic = "ustar  \0";
        tar.Add(name, 'S', edit: block =>
        {
            Put(block, 124, Octal(data.Sum(d => d.Length), 11));
            PutOld(block, 386, entries.Take(FirstOld));
            block[482] = (byte)(entries.Length > FirstOld ? 1 : 0);
            if (size < 1L << 33) Put(block, 483, Octal(size, 11));
            else Number(block, 483, 12, size);
        });
        tar.Magic = magic;
        for (int at = FirstOld; at < entries.Length; at += MoreOld)
        {
            byte[] block = new byte[512];
            PutOld(block, 0, entries.Skip(at).Take(MoreOld));
            block[504] = (byte)(at + MoreOld < entries.Length ? 1 : 0);
            tar.Raw(new string([.. block.Select(b => (char)b)]));
        }
        return tar.Raw(Text(data)).Pad();
    }

    internal static RawTar Pax00(RawTar tar, string name, long size, params (long Offset, int Length)[] data)
    {
        (long Offset, int Length)[] entries = Entries(size, data);
        return tar.Pax([$"GNU.sparse.size={size}", $"GNU.sparse.numblocks={entries.Length}",
            .. entries.SelectMany(d => (string[])[$"GNU.sparse.offset={d.Offset}", $"GNU.sparse.numbytes={d.Length}"])])
            .Add(name, '0', Text(data));
    }

    internal static RawTar Pax01(RawTar tar, string name, long size, params (long Offset, int Length)[] data) =>
        Pax01Open(tar, name, size, Entries(size, data));

    /// <summary>As <see cref="Pax01"/>, without the empty piece that marks the end of a last hole.</summary>
    internal static RawTar Pax01Open(RawTar tar, string name, long size, params (long Offset, int Length)[] data) => tar
        .Pax($"GNU.sparse.size={size}", $"GNU.sparse.numblocks={data.Length}", $"GNU.sparse.name={name}",
            "GNU.sparse.map=" + string.Join(',', data.Select(d => $"{d.Offset},{d.Length}")))
        .Add("GNUSparseFile.1/x", '0', Text(data));

    internal static RawTar Pax10(RawTar tar, string name, long size, params (long Offset, int Length)[] data)
    {
        (long Offset, int Length)[] entries = Entries(size, data);
        string map = $"{entries.Length}\n" + string.Concat(entries.Select(d => $"{d.Offset}\n{d.Length}\n"));
        map = map.PadRight((map.Length + 511) & ~511, '\0');
        return tar.Pax("GNU.sparse.major=1", "GNU.sparse.minor=0", $"GNU.sparse.name={name}",
            $"GNU.sparse.realsize={size}").Add("GNUSparseFile.1/x", '0', map + Text(data));
    }

    private static (long Offset, int Length)[] Entries(long size, (long Offset, int Length)[] data) =>
        data.Length == 0 || data[^1].Offset + data[^1].Length < size ? [.. data, (size, 0)] : data;

    private static void PutOld(byte[] block, int at, IEnumerable<(long Offset, int Length)> entries)
    {
        foreach (var (offset, length) in entries)
        {
            if (offset < 1L << 33) Put(block, at, Octal(offset, 11));
            else Number(block, at, 12, offset);
            Put(block, at + 12, Octal(length, 11));
            at += 24;
        }
    }

    /// <summary>Data that tells where it belongs.</summary>
    private static string Text((long Offset, int Length)[] data) => string.Concat(data.Select(d =>
        string.Create(d.Length, d.Offset, static (span, offset) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = (char)('a' + (offset + i) / 3 % 26);
        })));
}
