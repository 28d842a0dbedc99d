using System.Net;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>Containers through the Engine API: their life, their streams, and how they are described.</summary>
public sealed class ApiContainerTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    [Fact]
    public void Run_prints_what_the_container_prints_and_ends_with_its_exit_code()
    {
        CommandResult result = api.Docker(
            "run", "--rm", api.Host.Busybox, "sh", "-c", "echo out; echo err >&2; exit 7");
        Assert.Equal(("out\n", "err\n", 7), (result.Out, result.Error, result.ExitCode));
        Assert.Equal("", api.Docker("ps", "-aq").Text());
    }

    [Fact]
    public void Run_feeds_the_container_and_tells_it_the_end_of_the_input() => Assert.Equal("20000000",
        api.DockerWith(new string('x', 20_000_000), "run", "--rm", "-i", api.Host.Busybox, "wc", "-c").Text());

    [Fact]
    public void Nothing_of_a_large_output_is_lost() => Assert.Equal(30 << 20,
        api.Docker("run", "--rm", api.Host.Busybox,
            "sh", "-c", "yes 0123456789abcde | head -c 31457280").Exits(0).Out.Length);

    [Theory]
    [InlineData("nosuchprogram", 127)]
    [InlineData("/etc", 126)]
    public void A_command_that_cannot_run_has_Dockers_exit_code(string command, int code)
    {
        CommandResult result = api.Docker("run", "--rm", api.Host.Busybox, command);
        Assert.True(result.ExitCode == code, result.ToString());
        Assert.Contains(command, result.Error);
        Assert.Equal("", api.Docker("ps", "-aq").Text());
    }

    [Fact]
    public void Short_runs_leave_no_zombie()
    {
        for (int i = 0; i < 5; i++) api.Docker("run", "--rm", api.Host.Busybox, "true").Exits(0);
        api.Docker("run", "--rm", api.Host.Busybox, "nosuchprogram").Exits(127);
        Wait.UntilReaped(api.Pid);
    }

    [Fact]
    public void A_terminal_is_one()
    {
        using Command docker = api.StartDocker("run", "--rm", "-t", api.Host.Busybox, "tty");
        Assert.Equal("/dev/pts/0\r\n", docker.Finish().Exits(0).Out);
    }

    [Fact]
    public void States_change_as_asked_and_contradictions_are_refused()
    {
        string name = api.Host.NewName(), id = api.Create(name, """["sleep", "1000"]""");
        Assert.Equal("created", Status(id));
        api.Ask("POST", $"/containers/{id}/pause").Fails(HttpStatusCode.Conflict, "is not running");
        api.Ask("POST", $"/containers/{name}/start").Is(HttpStatusCode.NoContent);
        api.Ask("POST", $"/v1.41/containers/{id[..12]}/start").Is(HttpStatusCode.NotModified);
        api.Ask("DELETE", $"/containers/{id}").Fails(HttpStatusCode.Conflict, "stop the container before");
        api.Ask("POST", $"/containers/{id}/pause").Is(HttpStatusCode.NoContent);
        Assert.Equal("paused", Status(id));
        api.Ask("POST", $"/containers/{id}/pause").Fails(HttpStatusCode.Conflict, "already paused");
        api.Ask("POST", $"/containers/{id}/unpause").Is(HttpStatusCode.NoContent);
        api.Ask("POST", $"/containers/{id}/kill?signal=NOSUCH").Fails(HttpStatusCode.BadRequest, "NOSUCH");
        api.Ask("POST", $"/containers/{id}/restart?t=0").Is(HttpStatusCode.NoContent);
        api.Ask("POST", $"/containers/{id}/stop?t=0").Is(HttpStatusCode.NoContent);
        api.Ask("POST", $"/containers/{id}/stop").Is(HttpStatusCode.NotModified);
        api.Ask("POST", $"/containers/{id}/kill").Fails(HttpStatusCode.Conflict, "is not running");
        api.Ask("POST", $"/containers/{id}/rename?name={name}x").Is(HttpStatusCode.NoContent);
        Assert.Equal($"/{name}x", Inspect(id)["Name"]!.ToString());
        api.Ask("DELETE", $"/containers/{id}").Is(HttpStatusCode.NoContent);
        api.Ask("GET", $"/containers/{id}/json").Fails(HttpStatusCode.NotFound, "No such container");
    }

    [Fact]
    public void Create_takes_what_Docker_documents()
    {
        string name = api.Host.NewName(), id = api.Create(name, """["sleep", "1000"]""", """
            , "Env": ["A=1", "PATH"], "Labels": {"k": "v, \"w\""}, "Entrypoint": ["env"], "WorkingDir": "/tmp",
            "User": "1:1", "StopSignal": "SIGUSR1", "StopTimeout": 3, "Tty": true, "OpenStdin": true,
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5000000000, "Retries": 2},
            "ExposedPorts": {"99/udp": {}}, "Volumes": {"/anon": {}},
            "HostConfig": {"Memory": 67108864, "NanoCpus": 1500000000, "PidsLimit": 50, "ReadonlyRootfs": true,
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}, "CapDrop": ["NET_RAW"],
                "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "0"}]}, "Dns": ["9.9.9.9"],
                "Mounts": [{"Type": "tmpfs", "Target": "/t,u", "TmpfsOptions": {"SizeBytes": 4096, "Mode": 448}}],
                "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}], "Sysctls": {"net.ipv4.ip_forward": "0"},
                "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}, "ShmSize": 1048576}
            """);
        JsonNode config = Inspect(id)["Config"]!, host = Inspect(id)["HostConfig"]!;
        Assert.Contains("A=1", config["Env"]!.ToJsonString());
        Assert.Equal("""v, "w" """.Trim(), config["Labels"]!["k"]!.ToString());
        Assert.Equal("""["env"]""", config["Entrypoint"]!.ToJsonString());
        Assert.Equal(("/tmp", "1:1", "SIGUSR1", 3), (config["WorkingDir"]!.ToString(), config["User"]!.ToString(),
            config["StopSignal"]!.ToString(), (int)config["StopTimeout"]!));
        Assert.Equal(5000000000, (long)config["Healthcheck"]!["Interval"]!);
        Assert.Equal((67108864L, 1500000000L, 50L), ((long)host["Memory"]!, (long)host["NanoCpus"]!,
            (long)host["PidsLimit"]!));
        Assert.Equal("on-failure", host["RestartPolicy"]!["Name"]!.ToString());
        Assert.Equal("json-file", host["LogConfig"]!["Type"]!.ToString());
        Assert.Contains("/t,u", Inspect(id)["Mounts"]!.ToJsonString());
        Assert.Contains("/anon", Inspect(id)["Mounts"]!.ToJsonString());
        api.Ask("DELETE", $"/containers/{id}?v=1").Is(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("""{"Image": "nosuch:image"}""", HttpStatusCode.NotFound, "No such image: nosuch:image")]
    [InlineData("""{}""", HttpStatusCode.BadRequest, "no image specified")]
    [InlineData("""{"Image": 5}""", HttpStatusCode.BadRequest, "Image")]
    [InlineData("""{"Image": "BUSYBOX", "HostConfig": {"Memory": 1}}""", HttpStatusCode.BadRequest, "6MB")]
    [InlineData("""{"Image": "BUSYBOX", "HostConfig": {"Memory": "x"}}""", HttpStatusCode.BadRequest, "Memory")]
    [InlineData("""{"Image": "BUSYBOX", "HostConfig": {"CapAdd": ["NOSUCH"]}}""", HttpStatusCode.BadRequest, "NOSUCH")]
    [InlineData("""{"Image": """, HttpStatusCode.BadRequest, "invalid JSON")]
    [InlineData("""[]""", HttpStatusCode.BadRequest, "object")]
    public void What_cannot_be_created_is_refused(string body, HttpStatusCode status, string word) =>
        api.Ask("POST", "/containers/create", body.Replace("BUSYBOX", api.Host.Busybox)).Fails(status, word);

    [Fact]
    public async Task Wait_answers_at_once_and_tells_the_exit_code_later()
    {
        string id = api.Create(api.Host.NewName(), """["sh", "-c", "exit 5"]""");
        using Command waiting = api.StartDocker("wait", id);
        Assert.Equal("0", waiting.Finish().Text()); // One that was never started has ended with nothing.
        // The heads are there when they are waited for.
        using StreamReader next = api.Follow($"/containers/{id}/wait?condition=next-exit", "POST");
        using StreamReader removed = api.Follow($"/containers/{id}/wait?condition=removed", "POST");
        api.Ask("POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);
        Assert.Equal(5, (int)JsonNode.Parse(await next.ReadToEndAsync())!["StatusCode"]!);
        Task<string> last = removed.ReadToEndAsync();
        Assert.False(last.IsCompleted);
        api.Ask("DELETE", $"/containers/{id}").Is(HttpStatusCode.NoContent);
        Assert.Equal(5, (int)JsonNode.Parse(await last)!["StatusCode"]!);
        api.Ask("POST", "/containers/nosuch/wait").Fails(HttpStatusCode.NotFound, "nosuch");
    }

    [Fact]
    public void Exec_has_streams_exit_codes_and_a_terminal_of_its_own()
    {
        string name = api.Host.NewName(), id = api.Sleeper(name);
        Assert.Equal("hi", api.Docker("exec", name, "echo", "hi").Text());
        Assert.Equal("abc", api.DockerWith("abc", "exec", "-i", name, "cat").Text());
        Assert.Equal(3, api.Docker("exec", name, "sh", "-c", "exit 3").ExitCode);
        Assert.Equal(127, api.Docker("exec", name, "nosuch").ExitCode);
        Assert.Equal("/dev/pts/0\r\n", api.Docker("exec", "-t", name, "tty").Exits(0).Out);
        Assert.Equal("1 x", api.Docker("exec", "-e", "X=x", "-w", "/proc/1", "-u", "1", name, "sh", "-c",
            "echo $(id -u) $X").Text());
        // What goes on behind it is not waited for.
        Assert.Equal("bg", api.Docker("exec", name, "sh", "-c", "sleep 100 & echo bg").Text());
        api.Docker("exec", "-d", name, "touch", "/tmp/there").Exits(0);
        Wait.Until(() => api.Docker("exec", name, "ls", "/tmp").Text() == "there", "the detached one runs");
        api.Ask("POST", "/exec/nosuch/start", "{}").Fails(HttpStatusCode.NotFound, "nosuch");
        api.Docker("rm", "-f", name).Exits(0);
        api.Ask("POST", $"/containers/{id}/exec", """{"Cmd": ["true"]}""").Fails(HttpStatusCode.NotFound, id);
    }

    [Fact]
    public void Attach_sees_the_next_output_and_the_end()
    {
        string name = api.Host.NewName();
        api.Docker("run", "-d", "-i", "--name", name, api.Host.Busybox,
            "sh", "-c", "read a; echo got $a; exit 4").Exits(0);
        CommandResult result = api.DockerWith("word\n", "attach", name);
        Assert.Equal(("got word\n", 4), (result.Out, result.ExitCode));
        api.Docker("rm", name).Exits(0);
    }

    [Fact]
    public void Logs_are_there_afterwards_and_can_be_followed()
    {
        string name = api.Host.NewName();
        api.Docker("run", "-d", "--name", name, api.Host.Busybox, "sh", "-c",
            "echo one; echo two >&2; while ! [ -e /go ]; do sleep 0.1; done; echo three").Exits(0);
        using Command following = api.StartDocker("logs", "-f", name);
        Wait.Until(() => api.Docker("logs", name).Exits(0) is { Out: "one\n", Error: "two\n" }, "it has written");
        api.Docker("exec", name, "touch", "/go").Exits(0);
        Assert.Equal("one\nthree\n", following.Finish().Exits(0).Out);
        Assert.Equal("three", api.Docker("logs", "--tail", "1", name).Text());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]+Z three$", api.Docker("logs", "-t", "--tail", "1", name).Text());
        api.Docker("rm", name).Exits(0);
    }

    [Fact]
    public void Lists_are_filtered_and_limited()
    {
        string first = api.Host.NewName(), second = api.Host.NewName();
        string id = api.Sleeper(first);
        api.Create(second, """["true"]""", """, "Labels": {"which": "second"}""");
        Assert.Equal([$"/{first}"], Names("/containers/json"));
        Assert.Equal([$"/{second}", $"/{first}"], Names("/containers/json?all=1"));
        Assert.Equal([$"/{second}"], Names("/containers/json?limit=1"));
        Assert.Equal([$"/{second}"], Names("""/containers/json?all=1&filters={"label":["which=second"]}"""));
        Assert.Equal([$"/{first}"], Names("""/containers/json?filters={"status":{"running":true}}"""));
        api.Ask("GET", """/containers/json?filters={"nosuch":["x"]}""").Fails(HttpStatusCode.BadRequest, "nosuch");
        api.Ask("GET", "/containers/json?filters=x").Fails(HttpStatusCode.BadRequest, "JSON");
        JsonNode row = api.Ask("GET", "/containers/json").Json[0]!;
        Assert.Equal((id, "running", "bridge"), (row["Id"]!.ToString(), row["State"]!.ToString(),
            row["HostConfig"]!["NetworkMode"]!.ToString()));
        Assert.StartsWith("Up ", row["Status"]!.ToString());
        Assert.NotEqual("", row["NetworkSettings"]!["Networks"]!["bridge"]!["IPAddress"]!.ToString());
        api.Docker("rm", "-f", first, second).Exits(0);
        Assert.Equal("[]", api.Ask("GET", "/containers/json?all=1").Text.Trim());
    }

    [Fact]
    public void Prune_tells_what_it_has_removed()
    {
        string id = api.Create(api.Host.NewName(), """["true"]""");
        JsonNode pruned = api.Ask("POST", "/containers/prune").Is(HttpStatusCode.OK).Json;
        Assert.Equal(id, pruned["ContainersDeleted"]![0]!.ToString());
    }

    private JsonNode Inspect(string id) => api.Ask("GET", $"/containers/{id}/json").Is(HttpStatusCode.OK).Json;

    private string Status(string id) => Inspect(id)["State"]!["Status"]!.ToString();

    private List<string> Names(string path) =>
        [.. api.Ask("GET", path).Is(HttpStatusCode.OK).Json.AsArray().Select(row => row!["Names"]![0]!.ToString())];
}
