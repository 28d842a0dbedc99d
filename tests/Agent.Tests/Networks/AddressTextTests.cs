using Skiff.Agent.Networks;

namespace Skiff.Agent.Tests.Networks;

/// <summary>Addresses and domains as docker takes them.</summary>
public sealed class AddressTextTests
{
    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("fe80::1:2", true)]
    [InlineData("10.1", false)]
    [InlineData("10.0.0.01", false)]
    [InlineData("10.0.0.256", false)]
    [InlineData("0x7f.0.0.1", false)]
    [InlineData("[::1]", false)]
    [InlineData("1.2.3.4.", false)]
    [InlineData("", false)]
    public void An_address_is_one_for_docker(string text, bool good) => Assert.Equal(good, AddressText.IsAddress(text));

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("a.b-c.", true)]
    [InlineData("1a", true)]
    [InlineData(".", true)]
    [InlineData("12", false)]
    [InlineData("a..b", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("a_b", false)]
    [InlineData("a b", false)]
    [InlineData("", false)]
    public void A_domain_is_one_for_docker(string text, bool good) => Assert.Equal(good, AddressText.IsDomain(text));
}
