using System.Net;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>Images, events and disk usage through the Engine API, by Docker's own client and raw requests.</summary>
public sealed class ApiImageTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    private string Probe => api.Host.Probe;

    [Fact]
    public void An_image_is_pulled_described_tagged_and_removed()
    {
        Assert.Contains($"Downloaded newer image for {Probe}", api.Docker("pull", Probe).Exits(0).Out);
        Assert.Contains("up to date", api.Docker("pull", Probe).Exits(0).Out);
        string id = api.Docker("images", "--no-trunc", "-q", Probe).Text();
        Assert.Equal(id, api.Skiff("images", "--no-trunc", "-q", Probe).Text());
        JsonNode image = api.Ask("GET", $"/images/{Probe}/json").Is(HttpStatusCode.OK).Json;
        Assert.Equal(id, image["Id"]!.ToString());
        Assert.Contains(Probe, image["RepoTags"]!.ToJsonString());
        Assert.NotEmpty(api.Docker("history", "-q", Probe).Lines);
        api.Docker("tag", Probe, "other:one").Exits(0);
        api.Ask("DELETE", $"/images/{id}").Fails(HttpStatusCode.Conflict, "must be forced");
        Assert.Equal("Untagged: other:one", api.Docker("rmi", "other:one").Text());
        Assert.Contains($"Deleted: {id}", api.Docker("rmi", Probe).Exits(0).Out);
        api.Ask("GET", $"/images/{Probe}/json").Fails(HttpStatusCode.NotFound, "No such image");
    }

    [Fact]
    public void What_cannot_be_pulled_is_told()
    {
        string missing = api.Host.Image("nosuch:image");
        Assert.Contains("nosuch", api.Docker("pull", missing).Exits(1).Error);
        api.Ask("POST", $"/images/create?fromImage={missing}").Is(HttpStatusCode.NotFound);
        api.Ask("POST", "/images/create?fromImage=UPPER").Is(HttpStatusCode.BadRequest);
    }

    [Fact]
    public void An_image_goes_to_a_registry_and_comes_back()
    {
        string name = api.Host.Image($"pushed-{api.Host.NewName()}:latest");
        api.Docker("tag", api.Host.Busybox, name).Exits(0);
        string id = api.Docker("images", "--no-trunc", "-q", name).Text();
        Assert.Contains("digest: sha256:", api.Docker("push", name).Exits(0).Out);
        api.Docker("rmi", name).Exits(0);
        api.Docker("pull", name).Exits(0);
        Assert.Equal(id, api.Docker("images", "--no-trunc", "-q", name).Text());
        Assert.Contains("sha256:", api.Ask("GET", $"/distribution/{name}/json").Is(HttpStatusCode.OK)
            .Json["Descriptor"]!["digest"]!.ToString());
        api.Docker("rmi", name).Exits(0);
    }

    [Fact]
    public void Archives_are_saved_loaded_and_imported()
    {
        string archive = Path.Combine(api.Host.NewFolder(), "image.tar"), name = api.Host.NewName();
        api.Docker("tag", api.Host.Busybox, "saved:one").Exits(0);
        api.Docker("save", "-o", archive, "saved:one").Exits(0);
        api.Docker("rmi", "saved:one").Exits(0);
        Assert.Contains("Loaded image: saved:one", api.Docker("load", "-i", archive).Exits(0).Out);
        api.Docker("create", "--name", name, "saved:one", "true").Exits(0);
        string tree = archive + ".tree";
        api.Docker("export", "-o", tree, name).Exits(0);
        api.Docker("import", "-c", "CMD [\"true\"]", tree, "imported:one").Exits(0);
        api.Docker("run", "--rm", "imported:one").Exits(0);
        api.Docker("rm", name).Exits(0);
        api.Docker("rmi", "imported:one", "saved:one").Exits(0);
        File.WriteAllText(archive, "no tar");
        Assert.NotEqual(0, api.Docker("load", "-i", archive).ExitCode);
    }

    [Fact]
    public void A_container_becomes_an_image()
    {
        string name = api.Host.NewName();
        api.Docker("run", "--name", name, api.Host.Busybox, "sh", "-c", "echo here > /file").Exits(0);
        api.Docker("commit", "-m", "words", "-c", "ENV A=1", name, "committed:one").Exits(0);
        Assert.Equal("here 1", api.Docker("run", "--rm", "committed:one", "sh", "-c", "echo $(cat /file) $A").Text());
        api.Docker("rm", name).Exits(0);
        api.Docker("rmi", "committed:one").Exits(0);
    }

    [Fact]
    public void Events_are_told_and_filtered()
    {
        string since = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(), name = api.Host.NewName();
        using Command following = api.StartDocker(
            "events", "--since", since, "--filter", $"container={name}", "--format", "{{.Action}}");
        api.Docker("run", "--rm", "--name", name, api.Host.Busybox, "true").Exits(0);
        Wait.Until(() => api.Ask("GET", Past(since, name)).Text.Contains("\"destroy\""), "its removal is told");
        string past = api.Docker("events", "--since", since, "--until", Later(), "--filter", $"container={name}",
            "--format", "{{.Action}}").Text();
        Assert.Equal(["create", "attach", "start", "die", "destroy"],
            past.Split('\n').Where(action => action is not ("connect" or "disconnect")));
        Wait.Until(() => following.OutSoFar.StartsWith("create\n"), "the follower's first line");
        following.Kill();
    }

    [Fact]
    public void Disk_usage_has_images_and_containers()
    {
        string id = api.Create(api.Host.NewName(), """["true"]""");
        JsonNode usage = api.Ask("GET", "/system/df").Is(HttpStatusCode.OK).Json;
        Assert.True((long)usage["LayersSize"]! > 0);
        Assert.Equal(id, usage["Containers"]![0]!["Id"]!.ToString());
        Assert.NotEmpty(usage["Images"]!.AsArray());
        Assert.Contains("Images", api.Docker("system", "df").Text());
        api.Ask("DELETE", $"/containers/{id}").Is(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("/build")]
    [InlineData("/session")]
    public void Building_is_not_there(string path) => api.Ask("POST", path).Is(HttpStatusCode.NotImplemented);

    private static string Later() => (DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1).ToString();

    private static string Past(string since, string name) => $"/events?since={since}&until={Later()}&filters="
        + Uri.EscapeDataString($$"""{"container":["{{name}}"]}""");
}
