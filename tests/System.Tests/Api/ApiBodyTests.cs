using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>
/// The fields of bodies other than ContainerCreate's, and filters: what is honoured, and what is refused by its name.
/// </summary>
public sealed class ApiBodyTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    // Bodies of ContainerUpdate; inspect then shows the same below HostConfig.
    public static TheoryData<string> Updates =>
    [
        """{"CpuShares":512,"CpuPeriod":50000,"CpuQuota":25000,"CpusetCpus":"0","CpusetMems":"0","BlkioWeight":300}""",
        """{"Memory":67108864,"MemoryReservation":33554432,"MemorySwap":134217728,"PidsLimit":50}""",
        """{"NanoCpus":1500000000,"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}}""",
        """
        {"BlkioWeightDevice":[{"Path":"/dev/null","Weight":200}],
        "BlkioDeviceReadBps":[{"Path":"/dev/null","Rate":1048576}],
        "BlkioDeviceWriteBps":[{"Path":"/dev/null","Rate":1048576}],
        "BlkioDeviceReadIOps":[{"Path":"/dev/null","Rate":7}],"BlkioDeviceWriteIOps":[{"Path":"/dev/null","Rate":7}]}
        """,
    ];

    public static TheoryData<string> RefusedUpdates =>
    [
        """{"CgroupParent":"/below"}""", """{"DeviceCgroupRules":["c 1:3 r"]}""", """{"KernelMemoryTCP":1}""",
        """
        {"Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/dev/x","CgroupPermissions":"r"}]}
        """,
        """
        {"DeviceRequests":[{"Driver":"cdi","Count":0,"DeviceIDs":["a/b=c"],"Capabilities":[["gpu"]],"Options":{}}]}
        """,
        """{"MemorySwappiness":10}""", """{"OomKillDisable":true}""", """{"Init":true}""",
        """{"Ulimits":[{"Name":"nofile","Soft":1,"Hard":2}]}""", """{"CpuCount":1}""", """{"CpuPercent":1}""",
        """{"IOMaximumIOps":1}""", """{"IOMaximumBandwidth":1}""",
    ];

    // A list, and the filters that the description has for it; words for those that are refused.
    public static TheoryData<string, string, string> Filtered => new()
    {
        { "GET /containers/json", "ancestor=busybox expose=80 exited=0 health=none id=a is-task=false label=a=b name=a "
            + "network=none publish=80 status=running volume=a", "isolation=default" },
        { "POST /containers/prune", "until=1h label=no=body label!=a", "dangling=true" },
        { "GET /images/json", "dangling=true label=a=b reference=a until=1h", "status=x" },
        { "POST /images/prune", "dangling=true label=no=body label!=a until=1h", "reference=a" },
        { "GET /networks", "dangling=true driver=bridge id=a label=a=b name=a scope=local type=custom", "status=x" },
        { "POST /networks/prune", "until=1h label=no=body label!=a", "dangling=true" },
        { "GET /volumes", "dangling=true driver=local label=a=b name=a", "status=x" },
        { "POST /volumes/prune", "label=no=body label!=a all=true", "until=1h" },
        { "GET /events?until=1", "config=a container=a daemon=a event=a image=a label=a network=a node=a plugin=a "
            + "scope=local secret=a service=a type=volume volume=a", "" },
    };

    [Theory, MemberData(nameof(Updates))]
    public void An_update_sets_what_its_body_names(string body)
    {
        string id = api.Create(api.Host.NewName(), """["true"]""");
        api.Ask("POST", $"/containers/{id}/update", body).Is(200);
        ApiCreateTests.AssertHas("HostConfig", JsonNode.Parse(body),
            api.Ask("GET", $"/containers/{id}/json").Is(200)!["HostConfig"]);
        api.Remove(id);
    }

    [Theory, MemberData(nameof(RefusedUpdates))]
    public void An_update_of_what_is_settled_is_refused_by_its_name(string body)
    {
        string id = api.Create(api.Host.NewName(), """["true"]""");
        string field = JsonNode.Parse(body)!.AsObject().Single().Key;
        api.Ask("POST", $"/containers/{id}/update", body).Fails(400, $"{field} cannot be updated");
        api.Remove(id);
    }

    [Fact]
    public void A_commit_has_what_its_body_says_and_the_rest_of_the_container()
    {
        string id = api.Create(api.Host.NewName(), """["true"]""", """
            , "Env": ["A=1", "B=1"], "Healthcheck": {"Test": ["CMD", "true"], "Retries": 7, "Timeout": 1000000000}
            """);
        JsonNode body = JsonNode.Parse("""
            {"User":"7","ExposedPorts":{"99/udp":{}},"Env":["A=2"],"Cmd":["X=1"],"Entrypoint":["env"],
            "Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":5000000000,"Timeout":2000000000,
            "StartPeriod":1000000000,"StartInterval":3000000000},"Volumes":{"/v":{}},"WorkingDir":"/tmp",
            "OnBuild":["RUN true"],"Labels":{"a=b":"c"},"StopSignal":"SIGUSR1","StopTimeout":3,
            "Shell":["/bin/ash","-ec"]}
            """)!;
        string image = (string)Commit(body).Is(201)!["Id"]!;
        body["Env"]!.AsArray().Add("B=1");
        body["Healthcheck"]!["Retries"] = 7;
        JsonNode made = api.Ask("GET", $"/images/{image}/json").Is(200)!["Config"]!;
        made["Env"] = new JsonArray([.. made["Env"]!.AsArray().Select(one => (string)one!)
            .Where(one => one[1] == '=').Select(one => (JsonNode)one)]);
        body.AsObject().Remove("StopTimeout"); // As with Docker, images do not show it.
        ApiCreateTests.AssertHas("Config", body, made);
        string of = (string)api.Ask("POST", "/containers/create", $$"""{"Image":"{{image}}"}""").Is(201)!["Id"]!;
        Assert.Equal(3, (int)api.Ask("GET", $"/containers/{of}/json").Is(200)!["Config"]!["StopTimeout"]!);
        api.Remove(of);
        // What no container gets from its image is passed over.
        string plain = (string)Commit(JsonNode.Parse("""
            {"Hostname":"h","Domainname":"d","AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"Tty":true,
            "OpenStdin":true,"StdinOnce":true,"ArgsEscaped":true,"Image":"other","NetworkDisabled":true,
            "MacAddress":"02:00:00:00:00:07"}
            """)!).Is(201)!["Id"]!;
        api.Ask("DELETE", $"/images/{image}").Is(200);
        api.Ask("DELETE", $"/images/{plain}").Is(200);
        api.Remove(id);

        ApiAnswer Commit(JsonNode config) => api.Ask("POST", $"/commit?container={id}", config.ToJsonString());
    }

    [Fact]
    public void A_process_is_as_its_body_says()
    {
        string id = api.Sleeper(api.Host.NewName());
        string exec = (string)api.Ask("POST", $"/containers/{id}/exec", """
            {"AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"ConsoleSize":[10,20],"DetachKeys":"ctrl-x",
            "Tty":true,"Env":["A=1"],"Cmd":["sh","-c","echo $A $PWD $(id -u); stty size; read b"],"Privileged":true,
            "User":"7:8","WorkingDir":"/tmp"}
            """).Is(201)!["Id"]!;
        JsonNode shown = api.Ask("GET", $"/exec/{exec}/json").Is(200)!;
        Assert.Equal("ctrl-x true true true true true 7:8", string.Join(' ', shown["DetachKeys"], shown["OpenStdin"],
            shown["OpenStdout"], shown["OpenStderr"], shown["ProcessConfig"]!["tty"],
            shown["ProcessConfig"]!["privileged"], shown["ProcessConfig"]!["user"]));
        Assert.Equal("1 /tmp 7\r\n30 90\r\n",
            Started("""{"Detach":false,"Tty":true,"ConsoleSize":[30,90]}""", "\u0018"));
        // Of a client that waits for nothing there is no stream.
        exec = (string)api.Ask("POST", $"/containers/{id}/exec", """{"Cmd":["touch","/done"]}""").Is(201)!["Id"]!;
        Assert.Equal("", Started("""{"Detach":true}""", ""));
        Wait.Until(() => api.Skiff("exec", id, "test", "-e", "/done").ExitCode == 0, "it has run");
        api.Remove(id);

        // The detach key, sent once all is there, ends it for the client.
        string Started(string body, string key)
        {
            using var socket = api.Connect();
            socket.Send(Encoding.ASCII.GetBytes($"POST /exec/{exec}/start HTTP/1.0\r\nContent-Length: {body.Length}\r\n"
                + $"\r\n{body}"));
            string output = "";
            byte[] buffer = new byte[4096];
            while (socket.Receive(buffer) is > 0 and var count)
            {
                output += Encoding.ASCII.GetString(buffer, 0, count);
                if (key.Length > 0 && output.EndsWith("90\r\n")) socket.Send(Encoding.ASCII.GetBytes(key));
            }
            return output[(output.IndexOf("\r\n\r\n") + 4)..];
        }
    }

    [Theory]
    [InlineData("/networks/create", """{"Name":"x","Ingress":true}""", 503, "swarm manager")]
    [InlineData("/networks/create", """{"Name":"x","Scope":"swarm"}""", 503, "swarm manager")]
    [InlineData("/networks/create", """{"Name":"x","Scope":"global"}""", 400, "scope")]
    [InlineData("/networks/create", """{"Name":"x","ConfigOnly":true}""", 400, "ConfigOnly")]
    public void A_network_of_swarms_is_refused(string path, string body, int status, string words) =>
        api.Ask("POST", path, body).Fails(status, words);

    // As Docker's, whose clients are newer than their daemons as often as not.
    [Fact]
    public void Fields_that_nobody_knows_are_passed_over()
    {
        const string more = """, "Unknown": 1, "Other": {"Unknown": []}}""";
        string name = api.Host.NewName("net"), id = api.Sleeper(api.Host.NewName());
        api.Ask("POST", "/networks/create", $$"""{"Name": "{{name}}" """ + more).Is(201);
        api.Ask("POST", $"/networks/{name}/connect",
            $$"""{"Container": "{{id}}", "EndpointConfig": {"Unknown": 1} """ + more).Is(200);
        api.Ask("POST", $"/networks/{name}/disconnect", $$"""{"Container": "{{id}}" """ + more).Is(200);
        api.Ask("POST", "/volumes/create", $$"""{"Name": "{{name}}" """ + more).Is(201);
        api.Ask("POST", $"/containers/{id}/update", """{"CpuShares": 0""" + more).Is(200);
        string exec = (string)api.Ask("POST", $"/containers/{id}/exec", """{"Cmd": ["true"]""" + more).Is(201)!["Id"]!;
        api.Ask("POST", $"/exec/{exec}/start", """{"Detach": true""" + more).Is(200);
        string image = (string)api.Ask("POST", $"/commit?container={id}", """{"User": "7" """ + more).Is(201)!["Id"]!;
        api.Ask("DELETE", $"/images/{image}").Is(200);
        api.Ask("DELETE", $"/networks/{name}").Is(204);
        api.Ask("DELETE", $"/volumes/{name}").Is(204);
        api.Remove(id);
    }

    [Theory, MemberData(nameof(Filtered))]
    public void Filters_are_taken_that_the_description_has_and_no_others(string list, string taken, string other)
    {
        string method = list.Split(' ')[0], path = list.Split(' ')[1];
        foreach (string filter in taken.Split(' ')) Ask(filter).Is(200);
        if (other.Length > 0) Ask(other).Fails(400, other.Split('=')[0]);
        Ask("color=red").Fails(400, "color");

        ApiAnswer Ask(string filter)
        {
            int equals = filter.IndexOf('=', 1);
            string json = $$"""{"{{filter[..equals]}}":["{{filter[(equals + 1)..]}}"]}""";
            return api.Ask(method, $"{path}{(path.Contains('?') ? '&' : '?')}filters={Uri.EscapeDataString(json)}");
        }
    }
}
