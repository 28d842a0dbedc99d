using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Layers.Tests.Registry;

public sealed class ReferrerTagTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("sha256-" + Hex, true)]
    [InlineData("sha256-" + Hex + ".sig", true)]
    [InlineData("sha256-" + Hex + ".att", true)]
    [InlineData("sha256-" + Hex + "0", false)]
    [InlineData("sha256-abc.sig", false)]
    [InlineData("sha512-" + Hex, false)]
    [InlineData("latest", false)]
    [InlineData("v1.sig", false)]
    public void Tag_of_a_digest_is_known_with_any_ending(string tag, bool expected) =>
        Assert.Equal(expected, ReferrerTag.Is(tag));

    [Fact]
    public void Tag_is_made_of_the_digest() =>
        Assert.Equal("sha256-" + Hex, ReferrerTag.Of(Digest.Parse("sha256:" + Hex)));
}
