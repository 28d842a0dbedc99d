using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class TagListTests : IDisposable
{
    private readonly TestRegistry _registry = new();

    [Theory]
    [InlineData("/v2/a/tags/list?page={0}")]
    [InlineData("http://{1}/v2/a/tags/list?page={0}")]
    [InlineData("?page={0}")]
    public async Task All_pages_are_read(string link)
    {
        string[] pages = ["""{"name":"a","tags":["v1","v2"]}""", """{"tags":["v3"]}""", """{"tags":null}"""];
        _registry.Intercept = request =>
        {
            int page = request.Path.IndexOf('=') is > 0 and var at ? request.Path[at + 1] - '0' : 0;
            Answer answer = Answer.Text(200, pages[page]);
            return page == 2 ? answer
                : answer.With("Link", $"<{string.Format(link, page + 1, _registry.Host)}>; rel=\"next\"");
        };
        // The last page is empty and says that it is the last.
        Assert.Equal(["v1", "v2", "v3"], await GetAsync());
        Assert.Equal(3, _registry.Requests.Count);
    }

    [Theory]
    [InlineData("""{"tags":["v1"]}""", "<?page=1>; rel=\"prev\"", "v1")]
    [InlineData("""{"tags":["v1"]}""", "nonsense", "v1")]
    [InlineData("""{"name":"a"}""", "", "")]
    public async Task Other_links_lead_nowhere(string page, string link, string expected)
    {
        _registry.Intercept = _ => Answer.Text(200, page).With("Link", link);
        Assert.Equal(expected, string.Join(' ', await GetAsync()));
    }

    [Theory]
    [InlineData("", "no such list")]
    [InlineData("[]", "no such list")]
    [InlineData("""{"tags":"v1"}""", "no such list")]
    [InlineData("""{"tags":[1]}""", "no such list")]
    [InlineData("""{"tags":["../x"]}""", "bad tag \"../x\"")]
    public async Task Other_documents_are_refused(string page, string words)
    {
        _registry.Intercept = _ => Answer.Text(200, page);
        Assert.Contains(words, (await Assert.ThrowsAsync<ImageException>(GetAsync)).Message);
    }

    [Fact]
    public async Task Registry_that_repeats_an_empty_page_is_left()
    {
        _registry.Intercept = _ => Answer.Text(200, """{"tags":[]}""").With("Link", "</v2/a/tags/list>; rel=\"next\"");
        Assert.Contains("does not end", (await Assert.ThrowsAsync<ImageException>(GetAsync)).Message);
        Assert.Single(_registry.Requests);
    }

    public void Dispose() => _registry.Dispose();

    private async Task<IReadOnlyList<string>> GetAsync()
    {
        using var client = new RegistryClient(_registry.Host);
        return await client.GetTagsAsync(Reference.Parse($"{_registry.Host}/a"), default);
    }
}
