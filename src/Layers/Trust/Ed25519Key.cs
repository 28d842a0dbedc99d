using System.Numerics;
using System.Security.Cryptography;

namespace Skiff.Layers.Trust;

/// <summary>
/// A public key of Ed25519 (RFC 8032) and verification with it, as it is (cosign 2) and over a hash (Ed25519ph, cosign
/// 3), which neither .NET nor OpenSSL before 3.2 has. Nothing here is secret, so nothing has to take the same time.
/// </summary>
internal sealed class Ed25519Key
{
    /// <summary>Length of a key.</summary>
    public const int Bytes = 32;

    private const int SignatureBytes = 64, ScalarBits = 253, CofactorBits = 3;

    // Section 5.1: the field's prime, the order of the base point, the curve's d, a root of -1, the base point.
    private static readonly BigInteger s_prime = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger s_order =
        BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
    private static readonly BigInteger s_d = Reduce(-121665 * Inverse(121666));
    private static readonly BigInteger s_root = BigInteger.ModPow(2, (s_prime - 1) / 4, s_prime);
    private static readonly Point s_neutral = new(0, 1, 1, 0);
    private static readonly Point s_base = At(Reduce(4 * Inverse(5)), isOdd: false)!.Value;

    // Section 2: dom2 without context, for what is hashed first.
    private static readonly byte[] s_prehashed = [.. "SigEd25519 no Ed25519 collisions"u8, 1, 0];

    private readonly byte[] _encoded;
    private readonly Point _negative;

    private Ed25519Key(byte[] encoded, Point point) => (_encoded, _negative) =
        (encoded, point with { X = Reduce(-point.X), T = Reduce(-point.T) });

    /// <summary>Whether anybody can sign for it: the eightfold of the point is the neutral one.</summary>
    public bool HasSmallOrder
    {
        get
        {
            Point multiple = _negative;
            for (int i = 0; i < CofactorBits; i++) multiple = multiple.Plus(multiple);
            return multiple.X.IsZero && multiple.Y == multiple.Z;
        }
    }

    /// <summary>Reads a key (section 5.1.3); null for bytes that are no point of the curve, or not in the one form that
    /// is allowed.</summary>
    public static Ed25519Key? TryRead(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length != Bytes) return null;
        byte[] y = encoded.ToArray();
        y[^1] &= 0x7F;
        return At(new BigInteger(y, isUnsigned: true), isOdd: encoded[^1] >> 7 == 1) is { } point
            ? new Ed25519Key(encoded.ToArray(), point) : null;
    }

    /// <summary>Whether a signature is the key's over the data or over its hash. Any bytes may be given.</summary>
    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        Verifies([], data, signature) || Verifies(s_prehashed, SHA512.HashData(data), signature);

    // Section 5.1.7: S B = R + k A, as R = S B - k A, where the encoding of a point is one alone.
    private bool Verifies(ReadOnlySpan<byte> domain, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes) return false;
        ReadOnlySpan<byte> r = signature[..Bytes], s = signature[Bytes..];
        // A second form of S would make a second signature of one.
        if (new BigInteger(s, isUnsigned: true) >= s_order) return false;
        using var sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        sha512.AppendData(domain);
        sha512.AppendData(r);
        sha512.AppendData(_encoded);
        sha512.AppendData(data);
        BigInteger k = new BigInteger(sha512.GetHashAndReset(), isUnsigned: true) % s_order;
        return Encode(Sum(s, ToBytes(k))).AsSpan().SequenceEqual(r);
    }

    // S B - k A with one doubling a bit for both.
    private Point Sum(ReadOnlySpan<byte> s, ReadOnlySpan<byte> k)
    {
        Point both = s_base.Plus(_negative), sum = s_neutral;
        for (int bit = ScalarBits - 1; bit >= 0; bit--)
        {
            sum = sum.Plus(sum);
            bool inS = Bit(s, bit), inK = Bit(k, bit);
            if (inS || inK) sum = sum.Plus(inS && inK ? both : inS ? s_base : _negative);
        }
        return sum;
    }

    private static bool Bit(ReadOnlySpan<byte> number, int bit) => (number[bit / 8] >> (bit % 8) & 1) == 1;

    private static byte[] Encode(Point point)
    {
        BigInteger inverse = Inverse(point.Z);
        byte[] encoded = ToBytes(Reduce(point.Y * inverse));
        if (!Reduce(point.X * inverse).IsEven) encoded[^1] |= 0x80;
        return encoded;
    }

    // The point with this y, and the x that is odd or even. Null when there is none.
    private static Point? At(BigInteger y, bool isOdd)
    {
        if (y >= s_prime) return null;
        BigInteger square = Reduce((y * y - 1) * Inverse(s_d * y * y + 1));
        BigInteger x = BigInteger.ModPow(square, (s_prime + 3) / 8, s_prime);
        if (Reduce(x * x) != square) x = Reduce(x * s_root);
        if (Reduce(x * x) != square || (x.IsZero && isOdd)) return null;
        if (x.IsEven == isOdd) x = s_prime - x;
        return new Point(x, y, 1, Reduce(x * y));
    }

    private static byte[] ToBytes(BigInteger number)
    {
        byte[] bytes = new byte[Bytes];
        number.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static BigInteger Inverse(BigInteger number) => BigInteger.ModPow(Reduce(number), s_prime - 2, s_prime);

    private static BigInteger Reduce(BigInteger number)
    {
        BigInteger rest = number % s_prime;
        return rest.Sign < 0 ? rest + s_prime : rest;
    }

    // Extended homogeneous coordinates (section 5.1.4): x = X/Z, y = Y/Z, x y = T/Z.
    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T)
    {
        // The formulas hold for all points of this curve, also for one and the same.
        public Point Plus(in Point other)
        {
            BigInteger a = (Y - X) * (other.Y - other.X), b = (Y + X) * (other.Y + other.X);
            BigInteger c = Reduce(2 * s_d * T) * other.T, d = 2 * Z * other.Z;
            BigInteger e = Reduce(b - a), f = Reduce(d - c), g = Reduce(d + c), h = Reduce(b + a);
            return new Point(Reduce(e * f), Reduce(g * h), Reduce(f * g), Reduce(e * h));
        }
    }
}
