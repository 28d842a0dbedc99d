using Skiff.Layers.Compression;
using Skiff.Layers.Tests.Compression;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Members of gzip with headers of every kind, and what follows them. Oracle: zlib, member by member.
/// </summary>
internal sealed class GzipTarget : FuzzTarget
{
    internal override string Name => "gzip";

    internal override byte[] Make(Random random)
    {
        List<byte> blob = [];
        for (int members = random.Next(1, 5); members > 0; members--) blob.AddRange(Member(random));
        if (random.Next(4) == 0) blob.AddRange(new byte[random.Next(1, 1000)]);
        return [.. blob];
    }

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        byte[] expected = Oracle(input, out bool whole);
        byte[] actual = Decode(input, random, out bool complete);
        Assert.True(complete == whole, $"zlib says {whole}");
        if (isWhole) Assert.True(whole);
        if (whole) Assert.True(expected.AsSpan().SequenceEqual(actual), "other bytes than zlib's");
    }

    private static byte[] Oracle(byte[] blob, out bool whole)
    {
        List<byte> plain = [];
        int members = 0;
        whole = true;
        while (members == 0 || blob is [0x1F, 0x8B, ..])
        {
            Zlib.Result member = Zlib.Inflate(blob, Zlib.Gzip);
            members++;
            plain.AddRange(member.Output);
            whole = member.IsWhole;
            if (!whole) break;
            blob = blob[member.Consumed..];
        }
        return [.. plain];
    }

    private static byte[] Decode(byte[] blob, Random random, out bool complete)
    {
        var decoder = new GzipDecoder();
        var plain = new MemoryStream();
        byte[] output = new byte[InflateTarget.Size(random)];
        int most = InflateTarget.Size(random);
        complete = false;
        for (int at = 0; ;)
        {
            int piece = Math.Min(random.Next(1, most + 1), blob.Length - at);
            InflateStatus status = decoder.Decode(blob.AsSpan(at, piece), out int read, output, out int written);
            at += read;
            plain.Write(output, 0, written);
            // What is no longer ours has to be without meaning to the decoder.
            output.AsSpan().Fill(0xA5);
            complete = status != InflateStatus.Malformed && decoder.IsComplete;
            if (status == InflateStatus.Malformed || (status == InflateStatus.NeedsInput && at == blob.Length)) break;
        }
        return plain.ToArray();
    }

    private static byte[] Member(Random random)
    {
        byte flags = random.Next(2) == 0 ? (byte)0 : (byte)random.Next(32);
        List<byte> header = [0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 0, 3];
        if ((flags & 4) != 0)
        {
            int extra = random.Next(300);
            header.AddRange([(byte)extra, (byte)(extra >> 8), .. new byte[extra]]);
        }
        if ((flags & 8) != 0) header.AddRange([.. Enumerable.Repeat((byte)'n', random.Next(100)), 0]);
        if ((flags & 16) != 0) header.AddRange([.. Enumerable.Repeat((byte)'c', random.Next(100)), 0]);
        if ((flags & 2) != 0) header.AddRange(BitConverter.GetBytes(Crc32.Append(0, header.ToArray()))[..2]);
        byte[] body = random.Next(4) switch
        {
            0 => InflateTarget.Compressed(random),
            1 when random.Next(2) == 0 => [3, 0],
            _ => RandomDeflate.Make(random),
        };
        byte[] plain = Zlib.Inflate(body, Zlib.Raw).Output;
        return [.. header, .. body, .. BitConverter.GetBytes(Crc32.Append(0, plain)),
            .. BitConverter.GetBytes(plain.Length)];
    }
}
