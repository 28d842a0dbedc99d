using System.Net;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>An agent with a socket for everything, one that only reads, and one of a project.</summary>
public sealed class ScopeAgent : IDisposable
{
    public ScopeAgent(SkiffHost host)
    {
        Command.Run(SkiffHost.Script("engines"), "install").Exits(0);
        Agent = new OwnAgent(host, """
            {
              "hosts": ["unix://@/all.sock"],
              "sockets": [
                {"listen": "unix://@/read.sock", "scope": "read-only", "mode": "0666"},
                {"listen": "unix://@/shop.sock", "scope": "label:project=shop", "group": "1", "mode": "0620"}
              ]
            }
            """);
        Agent.Roots.Run("pull", "-q", host.Busybox).Exits(0);
        Agent.Start("shop.sock");
        Other = Agent.Create("all.sock", "other", """, "Env": ["KEY=secret"], "Labels": {"project": "bank"}""");
        Agent.Ask("all.sock", "POST", "/networks/create", """{"Name": "othernet"}""").Is(HttpStatusCode.Created);
        Agent.Roots.Run("volume", "create", "otherdata").Exits(0);
    }

    /// <summary>The agent.</summary>
    public OwnAgent Agent { get; }

    /// <summary>A container of nobody's scope.</summary>
    public string Other { get; }

    public void Dispose()
    {
        Agent.Roots.Run("volume", "prune", "-af").Exits(0);
        Agent.Dispose();
    }
}

/// <summary>Sockets with a scope (docs/api.md).</summary>
public sealed class ScopeTests(ScopeAgent scope) : IClassFixture<ScopeAgent>
{
    // What only reads, and is refused all the same where only reading is allowed.
    private static readonly string[] s_secrets =
    [
        "ContainerArchive", "ContainerArchiveInfo", "ContainerAttachWebsocket", "ContainerExport", "ContainerLogs",
        "DistributionInspect", "GetPluginPrivileges", "ImageGet", "ImageGetAll", "ImageSearch",
    ];

    private static readonly string[] s_swarm = ["/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"];

    // Method, path and name of each operation that has been built.
    private static readonly List<string[]> s_operations = [.. File.ReadAllLines(
        SkiffHost.Source("tests/Architecture.Tests/docker-api.txt"))
        .Select(line => line.Split(' ')).Where(row => !s_swarm.Any(path => row[1].StartsWith(path)))];

    private readonly OwnAgent _agent = scope.Agent;

    [Fact]
    public void Names_of_sockets_have_their_group_and_mode() => Assert.Equal(
        "srw-rw---- 0 0\nsrw-rw-rw- 0 0\nsrw--w---- 0 1", Command.Shell(
            "cd $1 && stat -c '%A %u %g' all.sock read.sock shop.sock", _agent.Folder).Exits(0).Text());

    [Fact]
    public void Where_only_reading_is_allowed_nothing_else_is()
    {
        int refused = 0, answered = 0;
        foreach (string[] row in s_operations)
        {
            if (row[2] == "SystemEvents") continue;
            ApiAnswer answer = _agent.Ask("read.sock", row[0], Path(row[1], "other") + Query(row[2]),
                row[0] is "GET" or "HEAD" ? null : "{}");
            // One that is not built yet is no page.
            bool isMissing = answer.Text.Contains("page not found") || answer.Text.Contains("method not allowed");
            bool expected = row[0] is not ("GET" or "HEAD") || s_secrets.Contains(row[2]);
            Assert.True(isMissing || expected == (answer.Status == HttpStatusCode.Forbidden),
                $"{row[2]}: {answer.Status} {answer.Text}");
            if (answer.Status == HttpStatusCode.Forbidden) refused++;
            else if (answer.Status == HttpStatusCode.OK) answered++;
        }
        Assert.InRange(refused, 55, 80);
        Assert.InRange(answered, 12, 30);
        Assert.Equal("created", (string)Inspect("all.sock", "other")["State"]!["Status"]!);
    }

    [Fact]
    public void Where_only_reading_is_allowed_environments_are_not_shown()
    {
        Assert.Contains("KEY=secret", Inspect("all.sock", "other").ToJsonString());
        string seen = Inspect("read.sock", "other").ToJsonString();
        Assert.Contains("\"KEY\"", seen);
        Assert.DoesNotContain("secret", seen);
        _agent.Ask("read.sock", "GET", "/containers/other/top?ps_args=e").Fails(HttpStatusCode.Forbidden, "ps_args");
    }

    [Fact]
    public void What_is_of_others_is_not_there()
    {
        string process = Exec();
        int hidden = 0;
        foreach (string[] row in s_operations)
        {
            string start = row[1].Split('{')[0], id = start switch
            {
                "/containers/" => scope.Other, "/exec/" => process, "/networks/" => "othernet",
                "/volumes/" => "otherdata", _ => "",
            };
            if (id.Length == 0 || !row[1].Contains('{')) continue;
            string body = row[2] is "NetworkConnect" or "NetworkDisconnect" ? """{"Container": "other"}"""
                : """{"Cmd": ["true"]}""";
            ApiAnswer answer = _agent.Ask("shop.sock", row[0], Path(row[1], id) + Query(row[2]),
                row[0] is "GET" or "HEAD" ? null : body);
            Assert.True(answer.Status == HttpStatusCode.NotFound, $"{row[2]}: {answer.Status} {answer.Text}");
            if (row[0] != "HEAD" && !answer.Text.Contains("page not found"))
                Assert.Matches(start switch
                {
                    "/exec/" => "No such exec instance",
                    "/volumes/" => "get otherdata: no such volume",
                    "/networks/" => "network othernet not found|No such container: other",
                    _ => "No such container",
                }, answer.Text);
            hidden++;
        }
        Assert.InRange(hidden, 25, 40);
        Assert.Equal("created", (string)Inspect("all.sock", "other")["State"]!["Status"]!);
        Assert.DoesNotContain("other", _agent.Ask("shop.sock", "GET", "/containers/json?all=1").Text);
        Assert.DoesNotContain("other", _agent.Ask("shop.sock", "GET", "/networks").Text);
        Assert.DoesNotContain("other", _agent.Ask("shop.sock", "GET", "/volumes").Text);
        Assert.DoesNotContain("bank", _agent.Ask("shop.sock", "GET",
            $"/events?since=1&until={DateTimeOffset.UtcNow.ToUnixTimeSeconds()}").Text);
    }

    // A process of a container of others, that was never started.
    private string Exec()
    {
        _agent.Ask("all.sock", "POST", "/containers/create?name=execed",
            $$"""{"Image": "{{_agent.Host.Busybox}}", "Cmd": ["sleep", "1000"]}""");
        _agent.Ask("all.sock", "POST", "/containers/execed/start").Is(HttpStatusCode.NoContent);
        string id = _agent.Ask("all.sock", "POST", "/containers/execed/exec", """{"Cmd": ["true"]}""")
            .Is(HttpStatusCode.Created).Json["Id"]!.ToString();
        _agent.Ask("all.sock", "DELETE", "/containers/execed?force=1").Is(HttpStatusCode.NoContent);
        return id;
    }

    [Theory]
    [InlineData("POST", "/images/x/tag?repo=y")]
    [InlineData("POST", "/images/load")]
    [InlineData("POST", "/images/create?fromSrc=-")]
    [InlineData("POST", "/images/prune")]
    [InlineData("POST", "/images/x/push")]
    [InlineData("POST", "/commit?container=other")]
    [InlineData("POST", "/build")]
    [InlineData("DELETE", "/images/x")]
    [InlineData("GET", "/images/x/get")]
    [InlineData("GET", "/images/get?names=x")]
    [InlineData("GET", "/system/df")]
    [InlineData("POST", "/plugins/create?name=x")]
    public void What_would_reach_beyond_a_project_is_refused(string method, string path) =>
        _agent.Ask("shop.sock", method, path, method == "POST" ? "{}" : null)
            .Fails(HttpStatusCode.Forbidden, "is not allowed at this socket", "label:project=shop");

    [Theory]
    [InlineData("""  "HostConfig": {"Privileged": true} """, 403)]
    [InlineData("""  "HostConfig": {"privileged": true} """, 403)]
    [InlineData("""  "HostConfig": {"Privileged": false, "privileged": true, "Privileged": true} """, 403)]
    [InlineData("""  "HostConfig": {"CapAdd": ["SYS_ADMIN"]} """, 403)]
    [InlineData("""  "HostConfig": {"Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x"}]} """, 403)]
    [InlineData("""  "HostConfig": {"DeviceCgroupRules": ["c *:* rwm"]} """, 403)]
    [InlineData("""  "HostConfig": {"Binds": ["/etc:/mnt"]} """, 403)]
    [InlineData("""  "HostConfig": {"Binds": ["/no/such/directory:/mnt:ro"]} """, 403)]
    [InlineData("""  "Volumes": {"/etc:/mnt": {}} """, 400)]
    [InlineData("""  "HostConfig": {"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/mnt"}]} """, 403)]
    [InlineData("""  "HostConfig": {"Mounts": [{"Type": "volume", "Source": "evil", "Target": "/mnt", """
        + """ "VolumeOptions": {"DriverConfig": {"Name": "local", """
        + """ "Options": {"type": "none", "o": "bind", "device": "/"}}}}]} """, 403)]
    [InlineData("""  "HostConfig": {"NetworkMode": "host"} """, 403)]
    [InlineData("""  "HostConfig": {"NetworkMode": "name=host"} """, 0)]
    [InlineData("""  "HostConfig": {"PidMode": "host"} """, 403)]
    [InlineData("""  "HostConfig": {"IpcMode": "host"} """, 403)]
    [InlineData("""  "HostConfig": {"UTSMode": "host"} """, 403)]
    [InlineData("""  "HostConfig": {"UsernsMode": "host"} """, 403)]
    [InlineData("""  "HostConfig": {"CgroupnsMode": "host"} """, 403)]
    [InlineData("""  "HostConfig": {"CgroupParent": "/x"} """, 403)]
    [InlineData("""  "HostConfig": {"SecurityOpt": ["seccomp=unconfined"]} """, 403)]
    [InlineData("""  "HostConfig": {"SecurityOpt": ["apparmor=unconfined"]} """, 403)]
    [InlineData("""  "HostConfig": {"SecurityOpt": ["systempaths=unconfined"]} """, 403)]
    [InlineData("""  "HostConfig": {"Sysctls": {"kernel.core_pattern": "|/x"}} """, 0)]
    [InlineData("""  "HostConfig": {"Sysctls": {"net/../kernel/core_pattern": "|/x"}} """, 0)]
    [InlineData("""  "HostConfig": {"OomScoreAdj": -500} """, 403)]
    [InlineData("""  "HostConfig": {"LogConfig": {"Type": "syslog", "Config": {}}} """, 403)]
    [InlineData("""  "HostConfig": {"Annotations": {"run.oci.hooks": "x"}} """, 403)]
    [InlineData("""  "HostConfig": {"BlkioDeviceReadBps": [{"Path": "/dev/null", "Rate": 1}]} """, 0)]
    [InlineData("""  "Labels": {"project": "bank"} """, 403)]
    [InlineData("""  "NetworkingConfig": {"EndpointsConfig": {"bridge": {"DriverOpts": """
        + """{"com.docker.network.endpoint.ifname": "x"}}}} """, 403)]
    [InlineData("""  "HostConfig": {"NetworkMode": "container:other"} """, 404)]
    [InlineData("""  "HostConfig": {"PidMode": "container:other"} """, 404)]
    [InlineData("""  "HostConfig": {"IpcMode": "container:other"} """, 404)]
    [InlineData("""  "HostConfig": {"VolumesFrom": ["other:ro"]} """, 404)]
    [InlineData("""  "HostConfig": {"Links": ["other:x"]} """, 404)]
    [InlineData("""  "HostConfig": {"NetworkMode": "othernet"} """, 404)]
    [InlineData("""  "HostConfig": {"Binds": ["otherdata:/mnt"]} """, 404)]
    [InlineData("""  "HostConfig": {"Mounts": [{"Type": "volume", "Source": "otherdata", "Target": "/m"}]} """, 404)]
    public void A_project_makes_no_container_that_is_root_on_the_host(string body, int status)
    {
        string json = $$"""{"Image": "{{_agent.Host.Busybox}}", {{body}}}""";
        ApiAnswer answer = _agent.Ask("shop.sock", "POST", "/containers/create?name=refused", json);
        Assert.True(status == 0 ? (int)answer.Status is >= 400 and < 500 : (int)answer.Status == status,
            $"{answer.Status} {answer.Text}");
        _agent.Ask("all.sock", "GET", "/containers/refused/json").Is(HttpStatusCode.NotFound);
        Assert.False(Directory.Exists("/no/such/directory"));
    }

    [Theory]
    [InlineData("""{"Name": "n", "Driver": "macvlan", "Options": {"parent": "lo"}}""")]
    [InlineData("""{"Name": "n", "Options": {"com.docker.network.bridge.name": "br0"}}""")]
    [InlineData("""{"Name": "n", "Labels": {"project": "bank"}}""")]
    public void A_project_makes_no_network_that_touches_the_host(string body) =>
        _agent.Ask("shop.sock", "POST", "/networks/create", body).Fails(HttpStatusCode.Forbidden, "is not allowed");

    [Fact]
    public void A_project_has_volumes_of_its_own_and_no_others()
    {
        JsonNode made = _agent.Ask("shop.sock", "POST", "/volumes/create", """{"Name": "shopfiles"}""")
            .Is(HttpStatusCode.Created).Json;
        Assert.Equal("shop", (string)made["Labels"]!["project"]!);
        string unnamed = (string)_agent.Ask("shop.sock", "POST", "/volumes/create", "{}")
            .Is(HttpStatusCode.Created).Json["Name"]!;
        Assert.Equal([unnamed, "shopfiles"], Volumes("").Order().Where(name => name != "shopdata"));
        Assert.Equal("shopfiles", Assert.Single(Volumes("""?filters={"name":["^shopfiles$"]}""")));
        Assert.Equal("shopfiles",
            (string)_agent.Ask("shop.sock", "GET", "/volumes/shopfiles").Is(HttpStatusCode.OK).Json["Name"]!);
        _agent.Create("shop.sock", "files", """
            , "HostConfig": {"Mounts": [{"Type": "volume", "Source": "shopfiles", "Target": "/data"}]}
            """);
        _agent.Ask("shop.sock", "DELETE", "/volumes/shopfiles").Fails(HttpStatusCode.Conflict, "volume is in use");
        _agent.Ask("shop.sock", "DELETE", "/containers/files").Is(HttpStatusCode.NoContent);
        _agent.Ask("shop.sock", "POST", "/volumes/create", """{"Name": "otherdata"}""")
            .Fails(HttpStatusCode.Conflict, "create otherdata: a volume with that name, of another scope, exists");
        foreach (string body in (string[])["""{"Name": "v1", "Labels": {"project": "bank"}}""",
            """{"Name": "v1", "DriverOpts": {"type": "none", "o": "bind", "device": "/etc"}}"""])
            _agent.Ask("shop.sock", "POST", "/volumes/create", body).Fails(HttpStatusCode.Forbidden, "not allowed");
        _agent.Ask("shop.sock", "DELETE", "/volumes/otherdata").Is(HttpStatusCode.NotFound);
        _agent.Ask("shop.sock", "DELETE", "/volumes/otherdata?force=1").Is(HttpStatusCode.NoContent);
        _agent.Ask("shop.sock", "DELETE", "/volumes/nothing?force=1").Is(HttpStatusCode.NoContent);
        _agent.Ask("read.sock", "DELETE", "/volumes/nothing?force=1").Is(HttpStatusCode.Forbidden);
        _agent.Ask("shop.sock", "DELETE", "/volumes/shopfiles").Is(HttpStatusCode.NoContent);
        Assert.Equal(unnamed, (string)Assert.Single(_agent.Ask("shop.sock", "POST", "/volumes/prune")
            .Is(HttpStatusCode.OK).Json["VolumesDeleted"]!.AsArray())!);
        _agent.Ask("shop.sock", "POST", """/volumes/prune?filters={"all":["true"]}""").Is(HttpStatusCode.OK);
        _agent.Ask("all.sock", "GET", "/volumes/otherdata").Is(HttpStatusCode.OK);
        _agent.Ask("all.sock", "GET", "/volumes/v1").Is(HttpStatusCode.NotFound);
        _agent.Ask("read.sock", "POST", "/volumes/create", "{}").Is(HttpStatusCode.Forbidden);

        IEnumerable<string> Volumes(string query) => _agent.Ask("shop.sock", "GET", "/volumes" + query)
            .Is(HttpStatusCode.OK).Json["Volumes"]!.AsArray().Select(one => (string)one!["Name"]!);
    }

    [Fact]
    public void A_project_lives_within_its_label()
    {
        JsonNode net = _agent.Ask("shop.sock", "POST", "/networks/create", """{"Name": "shopnet"}""")
            .Is(HttpStatusCode.Created).Json;
        string id = _agent.Create("shop.sock", "till", """
            , "HostConfig": {"NetworkMode": "shopnet", "Binds": ["shopdata:/data"], "Memory": 67108864,
            "RestartPolicy": {"Name": "always"}, "SecurityOpt": ["no-new-privileges"], "Tmpfs": {"/tmp": ""}}
            """);
        Assert.Equal("shop", (string)Inspect("all.sock", "till")["Config"]!["Labels"]!["project"]!);
        Assert.Equal("shop", _agent.Roots.Run("volume", "inspect", "shopdata", "--format",
            "{{index .Labels \"project\"}}").Text());
        _agent.Ask("shop.sock", "POST", "/containers/till/start").Is(HttpStatusCode.NoContent);
        Assert.Equal(id, Single("/containers/json", "Id"));
        Assert.Equal("shopnet", Single("/networks", "Name"));
        string exec = _agent.Ask("shop.sock", "POST", "/containers/till/exec", """{"Cmd": ["true"]}""")
            .Is(HttpStatusCode.Created).Json["Id"]!.ToString();
        _agent.Ask("shop.sock", "GET", $"/exec/{exec}/json").Is(HttpStatusCode.OK);
        _agent.Ask("shop.sock", "POST", "/containers/till/exec", """{"Cmd": ["true"], "Privileged": true}""")
            .Fails(HttpStatusCode.Forbidden, "Privileged");
        _agent.Ask("shop.sock", "POST", "/containers/till/update", """{"PidsLimit": 50}""").Is(HttpStatusCode.OK);
        _agent.Ask("shop.sock", "POST", "/containers/till/update",
            """{"BlkioDeviceReadBps": [{"Path": "/etc/shadow", "Rate": 1}]}""").Fails(HttpStatusCode.Forbidden);
        _agent.Ask("shop.sock", "POST", "/networks/othernet/connect", """{"Container": "till"}""")
            .Fails(HttpStatusCode.NotFound, "network othernet not found");
        _agent.Ask("shop.sock", "POST", "/networks/shopnet/connect", """{"Container": "other"}""")
            .Fails(HttpStatusCode.NotFound, "No such container: other");
        Assert.Contains("\"start\"", _agent.Ask("shop.sock", "GET",
            $"/events?since=1&until={DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}").Text);
        _agent.Ask("shop.sock", "DELETE", "/containers/till?force=1").Is(HttpStatusCode.NoContent);
        Prune();
    }

    private void Prune()
    {
        string stopped = _agent.Create("shop.sock", "stopped");
        Assert.Equal(stopped, (string)Assert.Single(_agent.Ask("shop.sock", "POST", "/containers/prune")
            .Is(HttpStatusCode.OK).Json["ContainersDeleted"]!.AsArray())!);
        Assert.Equal("shopnet", (string)Assert.Single(_agent.Ask("shop.sock", "POST", "/networks/prune")
            .Is(HttpStatusCode.OK).Json["NetworksDeleted"]!.AsArray())!);
        Inspect("all.sock", "other");
        _agent.Ask("all.sock", "GET", "/networks/othernet").Is(HttpStatusCode.OK);
    }

    [Fact]
    public void Dockers_client_works_within_a_project()
    {
        string at = $"unix://{_agent.Folder}/shop.sock";
        Assert.Equal("hello", _agent.Docker(at, "run", "--rm", _agent.Host.Busybox, "echo", "hello").Exits(0).Text());
        Assert.Contains("is not allowed at this socket", _agent.Docker(
            at, "run", "--rm", "--privileged", _agent.Host.Busybox, "true").Exits(125).Error);
        Assert.DoesNotContain("other", _agent.Docker(at, "ps", "-aq", "--format", "{{.Names}}").Exits(0).Out);
    }

    private string Single(string path, string field) =>
        (string)Assert.Single(_agent.Ask("shop.sock", "GET", path).Json.AsArray())![field]!;

    private JsonNode Inspect(string socket, string name) =>
        _agent.Ask(socket, "GET", $"/containers/{name}/json").Is(HttpStatusCode.OK).Json;

    private static string Path(string path, string id) => path.Replace("{id}", id).Replace("{name}", id);

    // What a request needs to get as far as its operation, and not to go on for ever.
    private static string Query(string operation) => operation switch
    {
        "ContainerStats" => "?stream=0&one-shot=1", "ContainerLogs" => "?stdout=1", "ImageGetAll" => "?names=x",
        "ContainerArchive" or "ContainerArchiveInfo" or "PutContainerArchive" => "?path=/", "ImageSearch" => "?term=x",
        "ContainerRename" => "?name=renamed", "ContainerResize" or "ExecResize" => "?h=1&w=1",
        _ => "",
    };
}
