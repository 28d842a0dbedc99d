using System.Security.Cryptography;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>The SHA-256 of a layer's tar while it passes. It can be read after any byte.</summary>
public sealed class TarDigest : IDisposable
{
    /// <summary>How many bytes a decoder may have to look back at.</summary>
    private const int TailBytes = 32 << 10;

    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _tail = [];

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>The last 32 KiB that were given to <see cref="Replay"/>, or all if there were fewer.</summary>
    public ReadOnlySpan<byte> Tail => _tail;

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> tar)
    {
        _sha256.AppendData(tar);
        Length += tar.Length;
    }

    /// <summary>Takes the next bytes of what an earlier ingest has left.</summary>
    public void Replay(ReadOnlySpan<byte> tar)
    {
        Append(tar);
        int fromBefore = Math.Min(_tail.Length, Math.Max(0, TailBytes - tar.Length));
        int fromNow = Math.Min(tar.Length, TailBytes);
        _tail = [.. _tail.AsSpan(_tail.Length - fromBefore), .. tar[^fromNow..]];
    }

    /// <summary>The digest of the bytes so far.</summary>
    public Digest Current()
    {
        Span<byte> sha256 = stackalloc byte[SHA256.HashSizeInBytes];
        _sha256.GetCurrentHash(sha256);
        return Digest.FromBytes(sha256);
    }

    /// <inheritdoc/>
    public void Dispose() => _sha256.Dispose();
}
