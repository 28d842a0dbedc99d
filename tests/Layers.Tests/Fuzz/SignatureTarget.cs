using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;
using Skiff.Layers.Trust;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Signed texts, statements and bundles, signed also when they are damaged, so that all of what reads them is reached.
/// Oracles: what is whole counts, what counts names the image, and what does not has a problem that can be shown.
/// </summary>
internal sealed class SignatureTarget : FuzzTarget
{
    private static readonly Digest s_image = TestRegistry.Sha([1]);

    private static readonly byte[][] s_words =
    [
        .. ((string[])["null", "true", "1", "\"\"", "[]", "{}", "\"\\ud800\"", "\"\\ud800\":1,", "\\u0000",
            "\"critical\":", "\"type\":", "\"image\":{", "\"identity\":", "\"subject\":[", "\"digest\":",
            "\"sha256\":", "\"sig\":\"",
            "\"payload\":\"", "\"dsseEnvelope\":{", "\"signatures\":[", "sha256:", ",", "\"", "{", "}", "[", "]", "\\",
            "\u001b", "=", new string('[', 100)])
            .Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0],
    ];

    private readonly TestSigner _signer = new();
    private readonly SignatureDemand _demand;

    internal SignatureTarget() =>
        _demand = new SignatureDemand([VerificationKey.Parse(_signer.Pem)], [s_image], null);

    internal override string Name => "signatures";

    public override void Dispose() => _signer.Dispose();

    internal override byte[] Make(Random random) => random.Next(3) switch
    {
        0 => TestSigner.Payload(s_image),
        1 => TestSigner.Statement(s_image),
        _ => _signer.Wrap(TestSigner.Statement(s_image)),
    };

    internal override byte[] Mutate(byte[] input, Random random) => Mutations.Words(input, random, s_words);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        bool asText = SimpleSigning.Counts(input, _signer.Sign(input), _demand, out string first);
        bool asStatement = SigstoreBundle.Counts(_signer.Wrap(input), _demand, out string second);
        bool asBundle = SigstoreBundle.Counts(input, _demand, out string third);
        foreach ((bool counts, string problem) in ((bool, string)[])[
            (asText, first), (asStatement, second), (asBundle, third)])
            Assert.Equal(counts, problem.Length == 0);
        if (asText || asStatement) Assert.True(input.AsSpan().IndexOf(Encoding.ASCII.GetBytes(s_image.Hex)) > 0
            || input.AsSpan().IndexOf("\\u"u8) > 0);
        if (isWhole) Assert.True(asText ^ asStatement ^ asBundle);
    }
}
