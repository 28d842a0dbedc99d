using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>The Engine API's operations of volumes, by requests and by Docker's client.</summary>
public sealed class ApiVolumeTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    // A body of VolumeCreate, the status, words.
    public static TheoryData<string, int, string> Refused => new()
    {
        { """{"Name":"a/b"}""", 400, "includes invalid characters for a local volume name" },
        { """{"Name":"x"}""", 400, "volume name is too short" },
        { """{"Name":"vol","Driver":"sshfs"}""", 404,
            "create vol: error looking up volume plugin sshfs: plugin \"sshfs\" not found" },
        { """{"Name":"vol","DriverOpts":{"color":"red"}}""", 400, "invalid option: \"color\"" },
        { """{"Name":"vol","DriverOpts":{"o":"ro"}}""", 400, "missing required option: \"device\"" },
        { """{"Name":"vol","DriverOpts":[]}""", 400, "invalid DriverOpts: has to be an object" },
        { """{"Name":"vol","Labels":{"a":{}}}""", 400, "invalid Labels" },
        { """{"Name":"vol","ClusterVolumeSpec":{}}""", 503, "This node is not a swarm manager." },
        { "nonsense", 400, "invalid JSON" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void A_body_that_cannot_be_is_refused(string body, int status, string words) =>
        api.Ask("POST", "/volumes/create", body).Fails(status, words);

    [Fact]
    public void A_volume_is_made_shown_used_and_removed()
    {
        string name = api.Host.NewName("vol"), container = api.Host.NewName();
        JsonNode made = api.Ask("POST", "/volumes/create", $$$"""
            {"Name":"{{{name}}}","Driver":"local","DriverOpts":{},"Labels":{"a":"b","c=d":"e"}}
            """).Is(201)!;
        Assert.Equal(["CreatedAt", "Driver", "Labels", "Mountpoint", "Name", "Options", "Scope"],
            made.AsObject().Select(field => field.Key));
        Assert.Equal($"{name} local local b e",
            $"{made["Name"]} {made["Driver"]} {made["Scope"]} {made["Labels"]!["a"]} {made["Labels"]!["c=d"]}");
        Assert.True(Directory.Exists((string)made["Mountpoint"]!));
        Assert.True(JsonNode.DeepEquals(made, api.Ask("GET", $"/volumes/{name}").Is(200)));
        Assert.True(JsonNode.DeepEquals(made,
            JsonNode.Parse(api.Docker("volume", "inspect", name).Text())!.AsArray()[0]));
        // Once more is fine, and changes nothing.
        Assert.True(JsonNode.DeepEquals(made,
            api.Ask("POST", "/volumes/create", $$$"""{"Name":"{{{name}}}","Labels":{"c":"d"}}""").Is(201)));
        api.Docker("run", "--name", container, "-v", $"{name}:/v", api.Host.Busybox, "touch", "/v/kept").Exits(0);
        Assert.True(File.Exists($"{made["Mountpoint"]}/kept"));
        api.Ask("DELETE", $"/volumes/{name}").Fails(409, $"remove {name}: volume is in use - [");
        api.Ask("DELETE", $"/volumes/{name}?force=1").Fails(409, "volume is in use");
        api.Remove(container);
        Assert.Null(api.Ask("DELETE", $"/volumes/{name}").Is(204));
        api.Ask("DELETE", $"/volumes/{name}").Fails(404, $"get {name}: no such volume");
        Assert.Null(api.Ask("DELETE", $"/volumes/{name}?force=true").Is(204));
        api.Ask("GET", $"/volumes/{name}").Fails(404, $"get {name}: no such volume");
        api.Ask("PUT", $"/volumes/{name}?version=1", "{}").Fails(503, "swarm is unavailable");
    }

    [Fact]
    public void A_drivers_options_are_kept_and_do_what_they_say()
    {
        string name = api.Host.NewName("vol");
        api.Docker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=77", name)
            .Exits(0);
        Assert.Equal("""{"device":"tmpfs","o":"size=1m,uid=77","type":"tmpfs"}""",
            api.Ask("GET", $"/volumes/{name}").Is(200)!["Options"]!.ToJsonString());
        Assert.Equal("77 1024", api.Docker("run", "--rm", "-v", $"{name}:/v", api.Host.Busybox, "sh", "-c",
            "echo $(stat -c %u /v) $(df -k /v | tail -n 1 | awk '{print $2}')").Text());
        api.Docker("volume", "rm", name).Exits(0);
    }

    [Fact]
    public void Volumes_are_listed_and_pruned_by_what_they_are()
    {
        string name = api.Host.NewName("vol"), container = api.Host.NewName();
        api.Docker("volume", "create", "--label", $"of={name}", name).Exits(0);
        string anonymous = (string)api.Ask("POST", "/volumes/create", "{}").Is(201)!["Name"]!;
        Assert.Equal(64, anonymous.Length);
        api.Docker("create", "--name", container, "-v", $"{name}-used:/v", api.Host.Busybox).Exits(0);
        Assert.Equal(name, Names($$"""{"label":["of={{name}}"],"driver":["local"]}"""));
        Assert.Equal($"{name} {name}-used", Names($$"""{"name":["{{name}}"]}"""));
        Assert.Equal($"{name}-used", Names($$"""{"name":["{{name}}"],"dangling":["false"]}"""));
        Assert.Contains(anonymous, Names("""{"dangling":["1"]}"""));
        Assert.Equal("", Names("""{"driver":["other"]}"""));
        Assert.Equal(name, api.Docker("volume", "ls", "-q", "-f", $"label=of={name}").Text());
        api.AskFiltered("GET", "/volumes", """{"color":["red"]}""").Fails(400, "invalid filter 'color'");
        api.AskFiltered("POST", "/volumes/prune", """{"until":["1h"]}""").Fails(400, "invalid filter 'until'");
        api.AskFiltered("POST", "/volumes/prune", """{"all":["maybe"]}""").Fails(400, "invalid filter 'all=maybe'");

        JsonNode pruned = api.Ask("POST", "/volumes/prune").Is(200)!;
        Assert.Equal([anonymous], pruned["VolumesDeleted"]!.AsArray().Select(volume => (string)volume!));
        Assert.True((long)pruned["SpaceReclaimed"]! >= 0);
        Assert.Equal("[]", Pruned("/volumes/prune", """{"all":["true"],"label":["of=nobody"]}"""));
        Assert.Equal($"[\"{name}\"]", Pruned("/volumes/prune", $$"""{"all":["true"],"label":["of={{name}}"]}"""));
        // Clients of before mean those with names, too.
        api.Docker("volume", "create", "--label", $"of={name}", name).Exits(0);
        Assert.Equal($"[\"{name}\"]", Pruned("/v1.41/volumes/prune", $$"""{"label":["of={{name}}"]}"""));
        Assert.Equal($"{name}-used", Names($$"""{"name":["{{name}}"]}"""));
        api.Remove(container);
        api.Docker("volume", "rm", $"{name}-used").Exits(0);
    }

    [Fact]
    public void Disk_usage_and_a_prune_of_everything_have_volumes_too()
    {
        string name = api.Host.NewName("vol"), container = api.Host.NewName();
        string since = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString();
        api.Docker("run", "--name", container, "-v", $"{name}:/v", "-v", "/anonymous", api.Host.Busybox,
            "sh", "-c", "head -c 70000 /dev/urandom > /v/file").Exits(0);
        JsonNode usage = api.Ask("GET", "/system/df?type=volume").Is(200)!, own = usage["Volumes"]!.AsArray()
            .Single(volume => (string)volume!["Name"]! == name)!;
        Assert.Equal(1, (int)own["UsageData"]!["RefCount"]!);
        Assert.True((long)own["UsageData"]!["Size"]! >= 70000);
        Assert.Null(usage["Images"]);
        Assert.Contains(name, api.Docker("system", "df", "-v").Text());
        // Docker's client asks for containers, networks, volumes, images and the cache of builds, one after the other.
        CommandResult pruned = api.Docker("system", "prune", "-f", "--volumes").Exits(0);
        Assert.Contains(name, pruned.Out);
        Assert.Contains("Total reclaimed space: ", pruned.Out);
        api.Ask("GET", $"/volumes/{name}").Fails(404, "no such volume");
        Assert.Equal("""{"CachesDeleted":null,"SpaceReclaimed":0}""",
            api.AskFiltered("POST", "/build/prune", """{"until":["1h"]}""").Is(200)!.ToJsonString());
        api.AskFiltered("POST", "/build/prune", "nonsense").Fails(400, "invalid JSON");
        string until = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1).ToString();
        Assert.Equal(["create local", "mount local", "unmount local", "destroy local"], api.Docker(
            "events", "--since", since, "--until", until, "-f", "type=volume", "-f", $"volume={name}",
            "--format", "{{.Action}} {{.Actor.Attributes.driver}}").Lines);
    }

    private string Pruned(string path, string filters) =>
        api.AskFiltered("POST", path, filters).Is(200)!["VolumesDeleted"]!.ToJsonString();

    private string Names(string filters) => string.Join(' ',
        api.AskFiltered("GET", "/volumes", filters).Is(200)!["Volumes"]!.AsArray().Select(v => (string)v!["Name"]!));
}
