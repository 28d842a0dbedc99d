using System.Diagnostics;
using System.IO.Compression;
using Skiff.Layers.Compression;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Compression;

/// <summary>Streams to decode, and the decoder driven over them in pieces of any size.</summary>
public static class Streams
{
    /// <summary>Plain data of the kinds that bring out different blocks and matches.</summary>
    public static IEnumerable<(string Name, byte[] Plain)> Plains()
    {
        yield return ("nothing", []);
        yield return ("one byte", [7]);
        yield return ("zeros", new byte[100_000]);
        yield return ("noise", Make(70_000, (random, i, _) => (byte)random.Next(256)));
        yield return ("letters", Make(90_000, (random, _, _) => (byte)random.Next('a', 'a' + 5)));
        yield return ("period 3", Make(5000, (_, i, _) => (byte)(i % 3)));
        yield return ("period 9", Make(5000, (_, i, _) => (byte)(i % 9)));
        yield return ("furthest match", Make(80_000, (r, i, d) => i < 32768 ? (byte)r.Next(256) : d[i - 32768]));
        yield return ("longest matches", Make(60_000, (r, i, d) =>
            i < 300 || i % 259 == 0 ? (byte)r.Next(256) : d[i - 259]));
        yield return ("tar", TestImage.Tar(150_000));
    }

    /// <summary>Every level and strategy that zlib has. (The platform's stream writes nothing at all for
    /// nothing.)</summary>
    public static IEnumerable<(string Name, byte[] Plain, byte[] Deflated)> Deflated()
    {
        foreach ((string name, byte[] plain) in Plains().Where(row => row.Plain.Length > 0))
            foreach (ZLibCompressionStrategy strategy in Enum.GetValues<ZLibCompressionStrategy>())
                for (int level = 0; level <= 9; level++)
                    yield return ($"{name}, {strategy}, level {level}", plain, Deflate(plain, level, strategy));
    }

    public static byte[] Deflate(byte[] plain, int level, ZLibCompressionStrategy strategy)
    {
        using var stream = new MemoryStream();
        var options = new ZLibCompressionOptions { CompressionLevel = level, CompressionStrategy = strategy };
        using (var deflate = new DeflateStream(stream, options, leaveOpen: true))
            for (int at = 0, piece = 1; at < plain.Length; at += piece, piece = piece * 3 + 1)
            {
                deflate.Write(plain.AsSpan(at, Math.Min(piece, plain.Length - at)));
                // An empty stored block, or an empty fixed one.
                if (piece < 100) deflate.Flush();
            }
        return stream.ToArray();
    }

    public static byte[] Gzip(byte[] plain, int level)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, new ZLibCompressionOptions { CompressionLevel = level }, true))
            gzip.Write(plain);
        return stream.ToArray();
    }

    /// <summary>Decodes with <see cref="Inflater"/>, given and giving so many bytes at a time; as the oracle
    /// answers.</summary>
    public static Zlib.Result Inflate(byte[] input, int inputBytes, int outputBytes)
    {
        var inflater = new Inflater();
        var result = new MemoryStream();
        byte[] output = new byte[outputBytes];
        int at = 0, written = 0;
        while (true)
        {
            ReadOnlySpan<byte> piece = input.AsSpan(at, Math.Min(inputBytes, input.Length - at));
            int read = 0;
            InflateStatus status = inflater.Run(piece, ref read, output, ref written);
            at += read;
            if (status is InflateStatus.NeedsInput) Assert.Equal(piece.Length, read);
            bool isOver = status is InflateStatus.StreamEnd or InflateStatus.Malformed
                || (status is InflateStatus.NeedsInput && at == input.Length);
            if (!isOver && status != InflateStatus.NeedsOutput) continue;
            result.Write(output, 0, written);
            if (isOver) return new Zlib.Result(status == InflateStatus.StreamEnd, result.ToArray(), at);
            inflater.Remember(output.AsSpan(0, written));
            // What is no longer ours has to be without meaning to the decoder.
            output.AsSpan().Fill(0xA5);
            written = 0;
        }
    }

    /// <summary>What a shell line makes of the input.</summary>
    public static byte[] Tool(string command, byte[] input)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task writing = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        });
        var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        writing.Wait();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    private static byte[] Make(int length, Func<Random, int, byte[], byte> next)
    {
        var random = new Random(length);
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) data[i] = next(random, i, data);
        return data;
    }
}
