using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>The Engine API's operations of what containers use and do: top, stats, update; and plugins.</summary>
public sealed class ApiUseTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    // A body of ContainerUpdate, the status, words.
    public static TheoryData<string, int, string> Refused => new()
    {
        { """{"Memory":1024}""", 400, "Minimum memory limit allowed is 6MB" },
        { """{"Memory":"64m"}""", 400, "invalid Memory: has to be a number" },
        { """{"CpuPeriod":5}""", 400, "CPU cfs period can not be less than 1ms" },
        { """{"NanoCpus":500000000,"CpuQuota":50000}""", 400, "Nano CPUs and CPU Quota cannot both be set" },
        { """{"CpusetCpus":"9000"}""", 400, "9000" },
        { """{"BlkioWeight":5}""", 400, "Range of blkio weight is from 10 to 1000" },
        { """{"BlkioDeviceReadBps":[{"Path":"/dev/none","Rate":1}]}""", 400, "no such device: /dev/none" },
        { """{"CpuRealtimeRuntime":1000}""", 400, "not supported" },
        { """{"CpuRealtimePeriod":1000}""", 400, "not supported" },
        { """{"KernelMemory":67108864}""", 400, "KernelMemory cannot be updated" },
        { """{"Ulimits":[{"Name":"nofile","Soft":1,"Hard":1}]}""", 400, "Ulimits cannot be updated" },
        { """{"RestartPolicy":{"Name":"sometimes"}}""", 400, "unknown policy 'sometimes'" },
        { """{"RestartPolicy":{"Name":"always","MaximumRetryCount":3}}""", 400, "maximum retry count" },
        { "nonsense", 400, "invalid JSON" },
    };

    [Fact]
    public void Top_shows_the_containers_processes_and_no_others()
    {
        string name = api.Started(), rests = api.Host.NewName();
        // A program that has just been executed has no arguments yet.
        Wait.Until(() => api.Skiff("top", name).Out.Contains("sleep 1000"), "its arguments");
        JsonNode top = api.Ask("GET", $"/containers/{name}/top").Is(200)!;
        Assert.Equal("""["UID","PID","PPID","C","STIME","TTY","TIME","CMD"]""", top["Titles"]!.ToJsonString());
        JsonArray process = Assert.Single(top["Processes"]!.AsArray())!.AsArray();
        Assert.Equal("sleep 1000", (string)process[7]!);
        Assert.Equal(api.Docker("inspect", "-f", "{{.State.Pid}}", name).Text(), (string)process[1]!);
        Assert.Equal($$"""{"Titles":["PID","COMMAND"],"Processes":[["{{process[1]}}","sleep"]]}""",
            Top(name, "-o pid,comm").Is(200)!.ToJsonString());
        Assert.Equal(["PID", "COMMAND"], api.Docker("top", name, "-o", "pid,comm").Lines[0]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Top(name, "-o comm").Fails(400, "Couldn't find PID field in ps output");
        Top(name, "-o user=PID,pid=x").Fails(400, "specifying \"user=PID,pid=x\" is not allowed");
        Top(name, "--nonsense").Fails(400, "ps --nonsense: exit status");
        Top("nobody", "").Fails(404, "No such container: nobody");
        api.Docker("create", "--name", rests, api.Host.Busybox).Exits(0);
        Top(rests, "").Fails(409, "is not running");
        api.Remove(name, rests);
    }

    [Fact]
    public void Stats_are_told_once_alone_or_with_the_second_before()
    {
        string name = api.Host.NewName();
        api.Docker("run", "-d", "--name", name, api.Host.Busybox, "sh", "-c", "while :; do :; done").Exits(0);
        JsonNode alone = api.Ask("GET", $"/containers/{name}/stats?stream=0&one-shot=1").Is(200)!;
        AssertComplete(alone, name);
        Assert.Equal("0001-01-01T00:00:00Z", (string)alone["preread"]!);
        Assert.Equal(0, (long)alone["precpu_stats"]!["cpu_usage"]!["total_usage"]!);
        JsonNode once = api.Ask("GET", $"/containers/{name}/stats?stream=false").Is(200)!;
        AssertComplete(once, name);
        Assert.True(Cpu(once, "cpu_stats") > Cpu(once, "precpu_stats"));
        Assert.True(Cpu(once, "precpu_stats") >= Cpu(alone, "cpu_stats"));
        Assert.True((long)once["cpu_stats"]!["system_cpu_usage"]! > (long)once["precpu_stats"]!["system_cpu_usage"]!);
        string[] shown = api.Docker("stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}} {{.PIDs}}", name)
            .Text().Split(' ');
        Assert.Equal([name, "1"], [shown[0], shown[2]]);
        Assert.True(double.Parse(shown[1].TrimEnd('%')) > 0, shown[1]);
        api.Ask("GET", $"/containers/{name}/stats?one-shot=1").Fails(400, "cannot have stream=true and one-shot=true");
        api.Ask("GET", "/containers/nobody/stats").Fails(404, "No such container: nobody");
        api.Remove(name);
    }

    [Fact]
    public void A_stream_of_stats_goes_on_while_the_container_rests_and_ends_with_it()
    {
        string name = api.Started();
        using StreamReader stream = api.Follow($"/containers/{name}/stats");
        JsonNode first = JsonNode.Parse(stream.ReadLine()!)!, second = JsonNode.Parse(stream.ReadLine()!)!;
        Assert.Equal("0001-01-01T00:00:00Z", (string)first["preread"]!);
        Assert.Equal((string)first["read"]!, (string)second["preread"]!);
        Assert.True(JsonNode.DeepEquals(first["cpu_stats"], second["precpu_stats"]));
        api.Docker("stop", "-t", "0", name).Exits(0);
        JsonNode rests = second;
        while (rests["pids_stats"]!.AsObject().Count > 0) rests = JsonNode.Parse(stream.ReadLine()!)!;
        Assert.Equal("0001-01-01T00:00:00Z", (string)rests["read"]!);
        Assert.Equal(0, Cpu(rests, "cpu_stats"));
        Assert.True(JsonNode.DeepEquals(Without(rests, "read", "preread", "precpu_stats"), Without(
            api.Ask("GET", $"/containers/{name}/stats?stream=0").Is(200)!, "read", "preread", "precpu_stats")));
        api.Remove(name);
        while (stream.ReadLine() is not null)
        {
        }
    }

    [Theory, MemberData(nameof(Refused))]
    public void Updates_that_cannot_be_are_refused(string body, int status, string words)
    {
        string name = api.Started();
        string before = api.Docker("inspect", "-f", "{{json .HostConfig}}", name).Text();
        api.Ask("POST", $"/containers/{name}/update", body).Fails(status, words);
        Assert.Equal(before, api.Docker("inspect", "-f", "{{json .HostConfig}}", name).Text());
        api.Remove(name);
    }

    [Fact]
    public void An_update_changes_limits_and_policy_as_the_verb_does()
    {
        string name = api.Started("--pids-limit", "50"), removed = api.Started("--rm");
        api.Docker("update", "--memory", "64m", "--memory-swap", "128m", "--cpus", "0.5", "--restart", "on-failure:3",
            name).Exits(0);
        Assert.Equal("67108864 134217728 500000000 50 on-failure:3", Settings(name));
        JsonNode answer = api.Ask("POST", $"/containers/{name}/update", """
            {"MemoryReservation":33554432,"CpuShares":512,"BlkioWeight":300,"CpusetCpus":"0","PidsLimit":0,
            "BlkioWeightDevice":null,"RestartPolicy":{"Name":"always","MaximumRetryCount":0}}
            """).Is(200)!;
        Assert.IsType<JsonArray>(answer["Warnings"]);
        Assert.Equal("67108864 134217728 500000000 <no value> always:0", Settings(name));
        Assert.Equal("33554432 512 300 0", api.Docker("inspect", "-f", "{{.HostConfig.MemoryReservation}} "
            + "{{.HostConfig.CpuShares}} {{.HostConfig.BlkioWeight}} {{.HostConfig.CpusetCpus}}", name).Text());
        // Nothing but zeros, as clients fill in: nothing changes.
        api.Ask("POST", $"/containers/{name}/update", """
            {"Memory":0,"NanoCpus":0,"PidsLimit":null,"RestartPolicy":{"Name":"","MaximumRetryCount":0},"Devices":[],
            "CgroupParent":"","OomKillDisable":false,"MemorySwappiness":-1,"Ulimits":null,"KernelMemory":0}
            """).Is(200);
        Assert.Equal("67108864 134217728 500000000 <no value> always:0", Settings(name));
        api.Ask("POST", $"/containers/{name}/update", """{"CpuQuota":50000}""")
            .Fails(409, "CPU Quota cannot be updated as NanoCPUs has already been set");
        api.Ask("POST", $"/containers/{removed}/update", """{"RestartPolicy":{"Name":"always"}}""")
            .Fails(409, "AutoRemove is enabled");
        api.Ask("POST", "/containers/nobody/update", "{}").Fails(404, "No such container: nobody");
        api.Remove(name, removed);
    }

    [Fact]
    public void There_are_no_plugins()
    {
        Assert.Equal("[]", api.Ask("GET", "/plugins").Is(200)!.ToJsonString());
        Assert.Equal("[]", api.Ask("GET", "/plugins?filters={\"capability\":[\"volumedriver\"]}").Is(200)!
            .ToJsonString());
        api.Ask("GET", "/plugins?filters={\"color\":[\"red\"]}").Fails(400, "invalid filter 'color'");
        api.Ask("GET", "/plugins/vieux/sshfs:latest/json").Fails(404, "plugin \"vieux/sshfs:latest\" not found");
        foreach (string path in (string[])["/plugins/some/enable", "/plugins/some/disable",
            "/plugins/some/upgrade?remote=x", "/plugins/some/push", "/plugins/some/set"])
            api.Ask("POST", path, "[]").Fails(404, "plugin \"some\" not found");
        api.Ask("DELETE", "/plugins/some").Fails(404, "plugin \"some\" not found");
        api.Ask("GET", "/plugins/privileges?remote=x").Fails(501, "not supported");
        api.Ask("POST", "/plugins/pull?remote=x", "[]").Fails(501, "not supported");
        api.Ask("POST", "/plugins/create?name=x", "[]").Fails(501, "not supported");
        Assert.Equal("", api.Docker("plugin", "ls", "-q").Text());
    }

    private ApiAnswer Top(string name, string options) =>
        api.Ask("GET", $"/containers/{name}/top?ps_args={Uri.EscapeDataString(options)}");

    private string Settings(string name) => api.Docker("inspect", "-f", "{{.HostConfig.Memory}} "
        + "{{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} "
        + "{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}", name).Text();

    private static long Cpu(JsonNode stats, string name) => (long)stats[name]!["cpu_usage"]!["total_usage"]!;

    private static JsonNode Without(JsonNode stats, params string[] fields)
    {
        foreach (string field in fields) stats.AsObject().Remove(field);
        return stats;
    }

    private static void AssertComplete(JsonNode stats, string name)
    {
        Assert.Equal("/" + name, (string)stats["name"]!);
        Assert.Equal(64, ((string)stats["id"]!).Length);
        Assert.True(DateTimeOffset.UtcNow - DateTimeOffset.Parse((string)stats["read"]!) < TimeSpan.FromMinutes(2));
        Assert.Equal(1, (int)stats["pids_stats"]!["current"]!);
        Assert.True(Cpu(stats, "cpu_stats") > 0);
        Assert.Equal(Environment.ProcessorCount, (int)stats["cpu_stats"]!["online_cpus"]!);
        Assert.True((long)stats["networks"]!["eth0"]!["rx_bytes"]! >= 0);
        Assert.Contains("io_service_bytes_recursive", stats["blkio_stats"]!.AsObject().Select(field => field.Key));
        Assert.Equal(0, (int)stats["num_procs"]!);
    }
}
