using Skiff.Layers.Registry;

namespace Skiff.Layers.Tests.Registry;

public class AuthChallengeTests
{
    private const string Typical =
        "Bearer realm=\"https://auth.example/token\",service=\"registry\", scope=\"repository:a/b:pull,push\"";

    [Fact]
    public void Bearer_challenge_gives_its_parameters()
    {
        AuthChallenge challenge = Assert.Single(AuthChallenge.ParseAll(Typical));
        Assert.True(challenge.Is("bearer"));
        Assert.Equal("https://auth.example/token", challenge["realm"]);
        Assert.Equal("registry", challenge["Service"]);
        Assert.Equal("repository:a/b:pull,push", challenge["scope"]);
        Assert.Null(challenge["error"]);
    }

    [Theory]
    [InlineData("Basic realm=\"a\"", "Basic")]
    [InlineData("Negotiate", "Negotiate")]
    [InlineData("Negotiate YWJj==, Basic realm=x", "Negotiate|Basic")]
    [InlineData("NTLM YWJj=", "NTLM")]
    [InlineData("Basic realm=\"a, Bearer realm=b\" , Bearer realm = \"c\"", "Basic|Bearer")]
    [InlineData("Bearer , Basic", "Bearer|Basic")]
    [InlineData(" , ,Basic realm=\"a\\\"b\"", "Basic")]
    [InlineData("", "")]
    public void Several_challenges_are_told_apart(string header, string schemes) =>
        Assert.Equal(schemes, string.Join("|", AuthChallenge.ParseAll(header).Select(c => c.Scheme)));

    [Fact]
    public void Quoted_pairs_are_undone() =>
        Assert.Equal("a\"b\\c", AuthChallenge.ParseAll("Basic realm=\"a\\\"b\\\\c\"")[0]["realm"]);

    [Fact]
    public void Header_cut_off_anywhere_gives_only_what_was_there()
    {
        for (int i = 0; i <= Typical.Length; i++)
            foreach (AuthChallenge challenge in AuthChallenge.ParseAll(Typical.AsSpan(0, i)))
                Assert.True(challenge["realm"] is null or "" or "https://auth.example/token");
    }

    [Fact]
    public void Noise_comes_to_an_end()
    {
        var random = new Random(3);
        const string alphabet = "Be \",=\\/\t:";
        for (int round = 0; round < 20_000; round++)
        {
            string text = string.Create(random.Next(24), random, static (span, r) =>
            {
                foreach (ref char c in span) c = alphabet[r.Next(alphabet.Length)];
            });
            Assert.True(AuthChallenge.ParseAll(text).Count <= text.Length);
        }
    }
}
