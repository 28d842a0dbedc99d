using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests.Api;

/// <summary>Parameters of operations on images that Docker's client does not send, or not alone.</summary>
public sealed class ApiImageParameterTests(ApiAgent api, TokenRegistry registry)
    : IClassFixture<ApiAgent>, IClassFixture<TokenRegistry>
{
    private static readonly string s_own = Platform(
        RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64"), s_other = Platform("s390x");

    [Fact]
    public void A_tar_becomes_an_image_as_the_parameters_say()
    {
        byte[] tar = api.Send("GET", $"/containers/{api.Ended("echo hi > /file")}/export").Is(200).Body;
        string answer = Encoding.UTF8.GetString(api.Send("POST", "/images/create?fromSrc=-&repo=made&tag=two"
            + "&message=some%20words&changes=CMD%20cat%20/file&changes=ENV%20A=1%0AENV%20B=2&platform=linux/s390x", tar)
            .Is(200).Body);
        Assert.Contains("\"status\":\"sha256:", answer);
        JsonNode image = api.Ask("GET", "/images/made:two/json").Is(200)!;
        Assert.Equal("s390x", (string)image["Architecture"]!);
        Assert.Equal("""["A=1","B=2"]""", image["Config"]!["Env"]!.ToJsonString());
        Assert.Equal("some words", (string)api.Ask("GET", "/images/made:two/history").Is(200)![0]!["Comment"]!);
        api.Ask("POST", "/images/create?fromSrc=file:///etc/passwd").Fails(400, "fromSrc");
        api.Ask("DELETE", "/images/made:two").Is(200);
    }

    [Fact]
    public void One_platform_can_be_asked_for()
    {
        string name = api.Host.Busybox, save = $"/images/get?names={name}&names={name}";
        api.Ask("GET", $"/images/{name}/history?platform={s_own}").Is(200);
        api.Ask("GET", $"/images/{name}/history?platform={s_other}").Is(404);
        api.Send("GET", $"/images/{name}/get?platform={s_own}").Is(200);
        api.Send("GET", $"/images/{name}/get?platform={s_other}").Is(404);
        byte[] archive = api.Send("GET", $"{save}&platform={s_own}").Is(200).Body;
        api.Send("GET", $"{save}&platform={s_other}").Is(404);
        api.Send("GET", "/images/get").Fails(400, "no image is named");
        Assert.Contains("Loaded image", Loaded("quiet=1"));
        Assert.Contains("Loaded image", Loaded($"quiet=0&platform={s_own}"));
        Assert.DoesNotContain("Loaded image", Loaded($"platform={s_other}"));
        api.Ask("DELETE", $"/images/{name}?platforms={s_other}").Is(404);
        api.Ask("DELETE", $"/images/{name}?platforms={s_own}&platforms={s_other}").Fails(400, "platforms");
        Assert.Contains("does not provide the specified platform",
            api.Ask("POST", $"/images/{name}/push?platform={s_other}&tag=latest").Text);

        string Loaded(string query) =>
            Encoding.UTF8.GetString(api.Send("POST", $"/images/load?{query}", archive).Body);
    }

    [Fact]
    public void Lists_have_sizes_and_manifests_when_asked_for()
    {
        JsonNode plain = Row("digests=1&all=1"), full = Row("shared-size=1&manifests=1");
        Assert.Equal(-1, (long)plain["SharedSize"]!);
        Assert.False(plain.AsObject().ContainsKey("Manifests"));
        Assert.True((long)full["SharedSize"]! >= 0);
        Assert.Equal("image", (string)full["Manifests"]![0]!["Kind"]!);
        Assert.Equal("image", (string)api.Ask("GET", $"/images/{api.Host.Busybox}/json?manifests=1").Is(200)!
            ["Manifests"]![0]!["Kind"]!);
        Assert.Equal("[]", api.AskFiltered("GET", "/images/json", """{"reference":["nosuch"]}""").Text.Trim());

        JsonNode Row(string query) => api.Ask("GET", $"/images/json?{query}").Is(200)!.AsArray().Single(
            image => image!["RepoTags"]!.ToJsonString().Contains(api.Host.Busybox))!;
    }

    [Fact]
    public void Tags_go_and_a_commit_says_what_it_is_told()
    {
        string container = api.Ended("true");
        api.Ask("POST", $"/images/{api.Host.Busybox}/tag?repo=tagged&tag=one").Is(201);
        Assert.InRange(DateTimeOffset.Parse((string)api.Ask("GET", "/images/tagged:one/json").Is(200)!["Metadata"]!
            ["LastTagTime"]!, null), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        api.Ask("POST", $"/images/{api.Host.Busybox}/tag?tag=one").Fails(400, "a tag needs a repo");
        string id = (string)api.Ask("POST", $"/commit?container={container}&repo=made&tag=by-hand&comment=why&author=me"
            + "&pause=0&changes=CMD%20true%0AENV%20A=1", """{"Labels":{"a":"b"}}""").Is(201)!["Id"]!;
        JsonNode image = api.Ask("GET", "/images/made:by-hand/json").Is(200)!;
        Assert.Equal($"{id} why me b", $"{image["Id"]} {image["Comment"]} {image["Author"]} "
            + image["Config"]!["Labels"]!["a"]);
        Assert.Contains("A=1", image["Config"]!["Env"]!.ToJsonString());
        string user = (string)api.Ask("POST", "/containers/create", """{"Image":"made:by-hand"}""").Is(201)!["Id"]!;
        api.Ask("DELETE", "/images/made:by-hand").Fails(409, "unable to remove repository reference");
        api.Ask("DELETE", "/images/made:by-hand?force=1&noprune=1").Is(200);
        api.Remove(user, container);
        // What the forced removal has left goes; no image that has a name does.
        Assert.DoesNotContain("Untagged", api.AskFiltered("POST", "/images/prune",
            """{"dangling":["false"],"label":["no=body"]}""").Is(200)!.ToJsonString());
        api.Ask("DELETE", "/images/tagged:one").Is(200);
    }

    [Fact]
    public void A_login_comes_along_with_a_request()
    {
        string name = $"{registry.Host}/busybox", login = Convert.ToBase64String(Encoding.UTF8.GetBytes(
            $$"""{"username":"{{TokenRegistry.User}}","password":"{{TokenRegistry.Password}}"}"""))
            .Replace('+', '-').Replace('/', '_');
        string header = $"X-Registry-Auth: {login}\r\n";
        api.Send("POST", $"/images/create?fromImage={name}&tag=latest").Fails(404, "pull access denied");
        api.Send("POST", $"/images/create?fromImage={name}&tag=latest", null, header).Is(200);
        // By a name of its own: what is pushed as busybox is what all other tests pull from then on.
        string own = $"{registry.Host}/pushed-{api.Host.NewName()}";
        api.Ask("POST", $"/images/{name}/tag?repo={own}&tag=latest").Is(201);
        Assert.Contains("errorDetail", Pushed(""));
        Assert.DoesNotContain("errorDetail", Pushed(header));
        api.Ask("POST", "/auth", $$"""{"serveraddress":"{{registry.Host}}","username":"me","password":"wrong"}""")
            .Is(401);
        Assert.Equal("Login Succeeded", (string)api.Ask("POST", "/auth", $$"""
            {"serveraddress":"{{registry.Host}}","username":"me","password":"{{TokenRegistry.Password}}"}
            """).Is(200)!["Status"]!);
        api.Ask("DELETE", $"/images/{name}:latest").Is(200);
        api.Ask("DELETE", $"/images/{own}:latest").Is(200);

        string Pushed(string login) => Encoding.UTF8.GetString(
            api.Send("POST", $"/images/{own}/push?tag=latest", null, login).Is(200).Body);
    }

    [Fact]
    public void A_search_is_limited_and_filtered()
    {
        using var hub = new TestRegistry();
        string? asked = null;
        hub.Intercept = request =>
        {
            if (request.Path.StartsWith("/v1/search", StringComparison.Ordinal)) asked = request.Path;
            return Answer.Text(200, """
                {"results":[{"name":"a","star_count":5,"is_official":true},
                {"name":"b","star_count":1,"is_official":false},{"name":"c"},
                {"name":"d","star_count":4,"is_official":null}]}
                """);
        };
        Assert.Equal(["a", "b", "c", "d"], Names($"/images/search?term={hub.Host}/some&limit=7"));
        Assert.Equal("/v1/search?q=some&n=7", asked);
        Assert.Equal(["a", "d"], Names($$"""/images/search?term={{hub.Host}}/some&filters={"stars":["3"]}"""));
        Assert.Equal(["a"], Names($$"""/images/search?term={{hub.Host}}/some&filters={"is-official":["true"]}"""));
        Assert.Equal(["b", "c", "d"],
            Names($$"""/images/search?term={{hub.Host}}/some&filters={"is-official":["false"]}"""));
        api.Ask("GET", "/images/search").Fails(400, "term is empty");
        api.Ask("GET", $"/images/search?term={hub.Host}/some&limit=101").Fails(400, "Limit 101");

        List<string> Names(string path) =>
            [.. api.Ask("GET", path).Is(200)!.AsArray().Select(one => (string)one!["name"]!)];
    }

    private static string Platform(string architecture) =>
        Uri.EscapeDataString($$"""{"os":"linux","architecture":"{{architecture}}"}""");
}
