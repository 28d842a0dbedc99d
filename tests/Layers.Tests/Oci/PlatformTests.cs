using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Oci;

public class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("amd64", "linux/amd64")]
    [InlineData("x86_64", "linux/amd64")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("armhf", "linux/arm/v7")]
    [InlineData("Linux/AMD64", "linux/amd64")]
    public void Platform_has_one_spelling(string text, string expected) =>
        Assert.Equal(expected, Platform.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("linux/")]
    [InlineData("linux/arm/v7/x")]
    [InlineData("linux/ar m")]
    public void Bad_platform_is_refused(string text) =>
        Assert.Contains("bad platform", Assert.Throws<ImageException>(() => Platform.Parse(text)).Message);

    [Theory]
    [InlineData("linux/arm/v7", "linux/arm/v7", true)]
    [InlineData("linux/arm/v7", "linux/arm/v6", true)]
    [InlineData("linux/arm/v6", "linux/arm/v7", false)]
    [InlineData("linux/arm64", "linux/arm64/v8", true)]
    [InlineData("linux/arm64", "linux/arm/v7", false)]
    [InlineData("linux/amd64", "linux/amd64/v2", false)]
    [InlineData("linux/amd64/v3", "linux/amd64/v2", true)]
    [InlineData("linux/amd64/v3", "linux/amd64", true)]
    [InlineData("linux/amd64", "windows/amd64", false)]
    public void Machine_runs_what_its_variant_can(string machine, string image, bool runs) =>
        Assert.Equal(runs, Platform.Parse(machine).Suits(Platform.Parse(image)) > 0);

    [Fact]
    public void Nearest_variant_wins()
    {
        Platform machine = Platform.Parse("linux/arm/v7");
        Assert.True(machine.Suits(Platform.Parse("linux/arm/v7")) > machine.Suits(Platform.Parse("linux/arm/v6")));
        Assert.True(machine.Suits(Platform.Parse("linux/arm/v6")) > machine.Suits(Platform.Parse("linux/arm/v5")));
    }
}
