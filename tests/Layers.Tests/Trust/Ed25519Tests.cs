using System.Numerics;
using System.Security.Cryptography;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Snapshots;
using Skiff.Layers.Tests.Support;
using Skiff.Layers.Trust;

namespace Skiff.Layers.Tests.Trust;

/// <summary>Ed25519 keys; cosign itself signs with one in the system tests.</summary>
public sealed class Ed25519Tests
{
    // The order of the base point (RFC 8032 section 5.1).
    private static readonly BigInteger s_order =
        BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    private static readonly (string Key, string Data, string Signature) s_second = (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

    /// <summary>RFC 8032 sections 7.1 (tests 1 to 3 and SHA(abc)) and 7.3 (abc, hashed first).</summary>
    public static TheoryData<string, string, string> Vectors => new()
    {
        {
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"
        },
        { s_second.Key, s_second.Data, s_second.Signature },
        {
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
                + "454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
                + "3dca179c138ac17ad9bef1177331a704"
        },
        {
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf", "616263",
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aa"
                + "a10b8c61e636062aaad11c2a26083406"
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Signature_of_the_specification_counts_and_with_a_bit_changed_does_not(
        string key, string data, string signature)
    {
        VerificationKey parsed = Parse(key);
        byte[] signed = Convert.FromHexString(data), raw = Convert.FromHexString(signature);
        Assert.True(parsed.Verifies(signed, raw));
        for (int bit = 0; bit < raw.Length * 8; bit += 5) Assert.False(parsed.Verifies(signed, Changed(raw, bit)));
        for (int bit = 0; bit < signed.Length * 8; bit += 5) Assert.False(parsed.Verifies(Changed(signed, bit), raw));
        Assert.False(parsed.Verifies([.. signed, 0], raw));
        foreach (byte[] other in (byte[][])[[], raw[..^1], [.. raw, 0]]) Assert.False(parsed.Verifies(signed, other));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Second_form_of_a_signature_does_not_count(int times)
    {
        byte[] raw = Convert.FromHexString(s_second.Signature);
        BigInteger scalar = new BigInteger(raw.AsSpan(32), isUnsigned: true) + times * s_order;
        byte[] moved = new byte[32];
        Assert.True(scalar.TryWriteBytes(moved, out _, isUnsigned: true));
        Assert.False(Parse(s_second.Key).Verifies(Convert.FromHexString(s_second.Data), [.. raw[..32], .. moved]));
    }

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    public void Key_of_small_order_is_refused(string key) =>
        Assert.StartsWith("is an Ed25519 key for which anybody can sign",
            Assert.Throws<ImageException>(() => Parse(key)).Message);

    [Theory]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000")] // No x for this y.
    [InlineData("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // 3, and the prime.
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080")] // x is 0, and odd.
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Key_that_is_no_point_or_in_a_second_form_is_refused(string key) => Assert.StartsWith(
        "is an Ed25519 key that is no point", Assert.Throws<ImageException>(() => Parse(key)).Message);

    [Fact]
    public void Signatures_of_OpenSSL_count()
    {
        using var folder = new ScratchDirectory();
        string key = folder["key"], data = folder["data"], signature = folder["signature"];
        Shell.Run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key);
        VerificationKey parsed = VerificationKey.Parse(Shell.Run("openssl", "pkey", "-in", key, "-pubout"));
        for (int length = 1; length < 2000; length = length * 3 + 1)
        {
            File.WriteAllBytes(data, RandomNumberGenerator.GetBytes(length));
            Shell.Run("openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", data, "-out", signature);
            Assert.True(parsed.Verifies(File.ReadAllBytes(data), File.ReadAllBytes(signature)));
        }
    }

    [Theory]
    [InlineData("302A300506032B65700321")]
    [InlineData("302C300706032B657005000321")]
    public void Key_in_another_encoding_is_refused(string head)
    {
        string body = "00" + s_second.Key;
        string hex = head.StartsWith("302C", StringComparison.Ordinal) ? head + body : head + body[..^2];
        Assert.Throws<ImageException>(() => VerificationKey.Parse(
            PemEncoding.WriteString("PUBLIC KEY", Convert.FromHexString(hex))));
    }

    private static VerificationKey Parse(string key) => VerificationKey.Parse(PemEncoding.WriteString(
        "PUBLIC KEY", Convert.FromHexString("302A300506032B6570032100" + key)));

    private static byte[] Changed(byte[] bytes, int bit)
    {
        byte[] changed = [.. bytes];
        changed[bit / 8] ^= (byte)(1 << (bit % 8));
        return changed;
    }
}
