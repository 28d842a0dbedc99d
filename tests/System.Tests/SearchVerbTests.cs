using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

public sealed class SearchVerbTests(SkiffHost host)
{
    [Fact]
    public void What_is_found_is_sorted_cut_and_filtered()
    {
        using var hub = new TestRegistry();
        string? asked = null;
        hub.Intercept = request =>
        {
            if (request.Path.StartsWith("/v1/search", StringComparison.Ordinal)) asked = request.Path;
            return Answer.Text(200, """
                {"results":[{"name":"few","star_count":2,"description":"one\ntwo"},
                {"name":"many","star_count":70,"is_official":true,
                "description":"a text of more than forty-five characters\u001b[2J, which is cut"}]}
                """);
        };
        string term = $"{hub.Host}/some";
        Assert.Equal("""
            NAME      DESCRIPTION                                     STARS     OFFICIAL
            many      a text of more than forty-five characters?[2…   70        [OK]
            few       one two                                         2
            """, host.Run("search", term).Text().TrimEnd());
        Assert.Equal("/v1/search?q=some&n=25", asked);
        Assert.Equal("many a text of more than forty-five characters?[2J, which is cut", host.Run("search",
            "--no-trunc", "--limit", "7", "-f", "stars=3", "--format", "{{.Name}} {{.Description}}", term).Text());
        Assert.Equal("/v1/search?q=some&n=7", asked);
        Assert.Equal("few", host.Run(
            "search", "--filter", "is-official=false", "--format", "{{.Name}}", term).Text());
        host.Run("search", "--limit", "101", term).FailsClearly(1, "Limit 101 is outside the range of [1, 100]");
        host.Run("search", "-f", "size=1", term).FailsClearly(1, "invalid filter 'size'");
    }

    [Fact]
    public void A_registry_without_a_search_is_told() => host.Run("search", $"127.0.0.1:{host.RegistryPort}/some")
        .FailsClearly(1, $"search in 127.0.0.1:{host.RegistryPort}", "not all registries can be searched");
}
