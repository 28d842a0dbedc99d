using System.Security.Cryptography;
using System.Text;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Tests.Tar;

/// <summary>Writes down what a parser reports, one line per entry.</summary>
internal sealed class TarRecorder : ITarVisitor
{
    private long _end; // Where in the file the last data ended.
    private readonly StringBuilder _text = new();
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    internal static string Parse(ReadOnlySpan<byte> tar, int firstPiece = int.MaxValue)
    {
        int piece = firstPiece;
        return Parse(tar, () => (piece, piece = int.MaxValue).Item1);
    }

    /// <summary>The same with the tar in pieces of given sizes.</summary>
    internal static string Parse(ReadOnlySpan<byte> tar, Func<int> nextPiece)
    {
        var recorder = new TarRecorder();
        var parser = new TarParser(recorder);
        for (int piece; !tar.IsEmpty; tar = tar[piece..])
        {
            piece = Math.Min(nextPiece(), tar.Length);
            parser.Append(tar[..piece]);
        }
        parser.Complete();
        return recorder._text.ToString();
    }

    public void Entry(TarEntry entry)
    {
        string path = Encoding.UTF8.GetString(entry.Path), link = Encoding.UTF8.GetString(entry.LinkPath);
        _text.Append($"{entry.Type} {path} -> {link} ");
        _text.Append($"{Convert.ToString(entry.Mode, 8)} {entry.Uid}:{entry.Gid} {entry.Size} bytes ");
        _text.Append($"{entry.MtimeSeconds}.{entry.MtimeNanoseconds:d9} {entry.DeviceMajor}:{entry.DeviceMinor}");
        XattrList xattrs = entry.Xattrs;
        for (int i = 0; i < xattrs.Count; i++)
            _text.Append($" {Encoding.UTF8.GetString(xattrs.Name(i))}={Convert.ToHexString(xattrs.Value(i))}");
        if (entry.Type != TarEntryType.Regular) _text.Append('\n');
    }

    public void Data(long offset, ReadOnlySpan<byte> data)
    {
        // The same, however the data is cut.
        if (offset != _end) _digest.AppendData(BitConverter.GetBytes(offset));
        _digest.AppendData(data);
        _end = offset + data.Length;
    }

    public void EndOfData()
    {
        _text.Append($" {Convert.ToHexString(_digest.GetHashAndReset())[..16]}\n");
        _end = 0;
    }
}
