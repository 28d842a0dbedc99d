using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>The Engine API's operations of networks, by requests and by Docker's client.</summary>
public sealed class ApiNetworkTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    // A body, the status, and words of the message.
    public static TheoryData<string, int, string> Refused => new()
    {
        { """{"Name":"bridge"}""", 403, "operation is not permitted on predefined bridge network" },
        { """{"Name":""}""", 400, "invalid network name" },
        { """{"Name":"a/b"}""", 400, "invalid network name" },
        { """{"Name":"x","Driver":"overlay"}""", 403, "swarm" },
        { """{"Name":"x","Driver":"host"}""", 403, "only one instance of \"host\" network is allowed" },
        { """{"Name":"x","Driver":"weave"}""", 404, "plugin \"weave\" not found" },
        { """{"Name":"x","Scope":"swarm"}""", 503, "This node is not a swarm manager." },
        { """{"Name":"x","Scope":"global"}""", 400, "scope global is not supported" },
        { """{"Name":"x","Ingress":true}""", 503, "This node is not a swarm manager." },
        { """{"Name":"x","ConfigOnly":true}""", 400, "ConfigOnly is not supported" },
        { """{"Name":"x","ConfigFrom":{"Network":"y"}}""", 400, "ConfigFrom is not supported" },
        { """{"Name":"x","IPAM":{"Driver":"other"}}""", 400, "IPAM driver \"other\" not found" },
        { """{"Name":"x","IPAM":{"Options":{"a":"b"}}}""", 400, "the IPAM driver \"default\" has no options" },
        { """{"Name":"x","IPAM":{"Config":[{"Subnet":"10.1.2.3/24"}]}}""", 400, "it should be 10.1.2.0/24" },
        { """{"Name":"x","IPAM":{"Config":[{"Subnet":"192.0.2.0/25"}]}}""", 403, "overlaps" },
        { """{"Name":"x","IPAM":{"Config":[{"Gateway":"10.9.8.7"}]}}""", 400, "must have a corresponding subnet" },
        { """{"Name":"x","IPAM":{"Config":[{"Subnet":"10.9.8.0/24","Gateway":"10.1.1.1"}]}}""", 400, "no matching" },
        { """{"Name":"x","IPAM":{"Config":[7]}}""", 400, "invalid Config: has to be a list of objects" },
        { """{"Name":"x","Options":{"com.docker.network.bridge.name":"too/long"}}""", 400, "too/long" },
        { """{"Name":"x","Options":{"unknown.option":"1"}}""", 400, "unknown.option" },
        { """{"Name":"x","Labels":{"a":1}}""", 400, "invalid Labels" },
        { """{"Name":"x","Internal":"yes"}""", 400, "invalid Internal: has to be true or false" },
        { """{"Name":"x","EnableIPv4":false}""", 400, "IPv4 or IPv6 must be enabled" },
        { """{"Name":7}""", 400, "invalid Name: has to be a string" },
        { """{"Name":"x",}""", 400, "BytePositionInLine" },
        { "[]", 400, "has to be a JSON object" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void A_body_that_cannot_be_is_refused(string body, int status, string words) =>
        api.Ask("POST", "/networks/create", body).Fails(status, words);

    [Fact]
    public void A_body_becomes_the_network_that_the_command_line_shows()
    {
        string name = api.Host.NewName("net");
        string id = (string)api.Ask("POST", "/networks/create", $$$"""
            {"Name":"{{{name}}}","CheckDuplicate":true,"Driver":"bridge","Internal":true,"Attachable":true,
            "EnableIPv4":true,"EnableIPv6":true,"ConfigFrom":null,"IPAM":{"Driver":"default","Options":{},"Config":[
            {"Subnet":"10.123.0.0/24","IPRange":"10.123.0.128/25","Gateway":"10.123.0.9",
            "AuxiliaryAddresses":{"printer":"10.123.0.130"}},{"Subnet":"fd12:3::/64"}]},
            "Options":{"com.docker.network.driver.mtu":"1400"},"Labels":{"a":"b","c=d":"e"}}
            """).Is(201)!["Id"]!;
        JsonNode network = api.Ask("GET", $"/networks/{id[..10]}?verbose=true&scope=local").Is(200)!;
        Assert.Equal(name, (string)network["Name"]!);
        Assert.Equal(id, (string)network["Id"]!);
        Assert.True((bool)network["Internal"]! && (bool)network["Attachable"]! && (bool)network["EnableIPv6"]!);
        Assert.Equal("""
            {"Driver":"default","Options":null,"Config":[{"Subnet":"10.123.0.0/24","IPRange":"10.123.0.128/25",
            "Gateway":"10.123.0.9","AuxiliaryAddresses":{"printer":"10.123.0.130"}},{"Subnet":"fd12:3::/64",
            "Gateway":"fd12:3::1"}]}
            """.Replace("\n", ""), network["IPAM"]!.ToJsonString());
        Assert.Equal("""{"com.docker.network.driver.mtu":"1400"}""", network["Options"]!.ToJsonString());
        Assert.Equal("""{"a":"b","c=d":"e"}""", network["Labels"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(network,
            JsonNode.Parse(api.Skiff("network", "inspect", name).Text())!.AsArray()[0]));
        Assert.True(JsonNode.DeepEquals(network,
            JsonNode.Parse(api.Docker("network", "inspect", name).Text())!.AsArray()[0]));
        api.Ask("POST", "/networks/create", $$$"""{"Name":"{{{name}}}"}""").Fails(409, "already exists");
        api.Ask("GET", $"/networks/{name}?scope=swarm").Fails(404, $"network {name} not found");
        api.Ask("GET", $"/networks/{name}?verbose=maybe").Fails(400, "invalid value for verbose: maybe");
        api.Ask("GET", "/networks/nobody").Fails(404, "network nobody not found");
        Assert.Null(api.Ask("DELETE", $"/networks/{name}").Is(204));
        api.Ask("DELETE", $"/networks/{name}").Fails(404, "not found");
        api.Ask("DELETE", "/networks/host").Fails(403, "pre-defined network");
    }

    [Fact]
    public void A_client_that_only_knows_false_gives_an_IPv6_subnet_in_vain()
    {
        string name = api.Host.NewName("net");
        api.Ask("POST", "/v1.41/networks/create", $$$"""
            {"Name":"{{{name}}}","EnableIPv6":false,"IPAM":{"Config":[{"Subnet":"fd12:4::/64"}]}}
            """).Is(201);
        JsonNode network = api.Ask("GET", $"/networks/{name}").Is(200)!;
        Assert.False((bool)network["EnableIPv6"]!);
        Assert.DoesNotContain("fd12", network.ToJsonString());
        api.Ask("DELETE", $"/networks/{name}").Is(204);
    }

    [Fact]
    public void Networks_are_listed_by_what_they_are()
    {
        string name = api.Host.NewName("net");
        api.Docker("network", "create", "--label", $"of={name}", name).Exits(0);
        Assert.Equal("bridge host none", Names("""{"type":["builtin"]}"""));
        Assert.Equal(name, Names($$$"""{"label":["of={{{name}}}"],"driver":["bridge"],"scope":["local"]}"""));
        Assert.Equal("", Names($$$"""{"label":["of={{{name}}}"],"driver":["macvlan"]}"""));
        Assert.Equal(name, Names($$$"""{"name":{"{{{name}}}":true}}"""));
        Assert.Contains(name, Names("""{"dangling":["true"]}"""));
        Assert.DoesNotContain(name, Names("""{"dangling":["false"]}"""));
        Assert.Equal(name, api.Docker("network", "ls", "-f", $"name={name}", "--format", "{{.Name}}").Text());
        api.AskFiltered("GET", "/networks", """{"color":["red"]}""").Fails(400, "invalid filter 'color'");
        api.AskFiltered("GET", "/networks", """{"type":["red"]}""").Fails(400, "red");
        api.AskFiltered("GET", "/networks", "red").Fails(400, "invalid JSON");
        api.AskFiltered("POST", "/networks/prune", """{"dangling":["true"]}""").Fails(400, "dangling");
        Assert.Equal("""{"NetworksDeleted":[]}""", api.AskFiltered("POST", "/networks/prune",
            """{"label":["of=nobody"]}""").Is(200)!.ToJsonString());
        Assert.Equal($$"""{"NetworksDeleted":["{{name}}"]}""", api.AskFiltered("POST", "/networks/prune",
            $$"""{"label":["of={{name}}"],"until":["0s"]}""").Is(200)!.ToJsonString());
    }

    [Fact]
    public void Containers_join_and_leave_whether_they_run_or_not()
    {
        string network = api.Host.NewName("net"), runs = api.Started(), rests = api.Host.NewName();
        api.Docker("network", "create", "--subnet", "10.124.0.0/24", "--ipv6", "--subnet", "fd12:4::/64", network)
            .Exits(0);
        api.Docker("create", "--name", rests, api.Host.Busybox, "sleep", "1000").Exits(0);
        Assert.Null(Connect(network, runs, """
            ,"EndpointConfig":{"IPAMConfig":{"IPv4Address":"10.124.0.77","IPv6Address":"fd12:4::77",
            "LinkLocalIPs":["169.254.9.7"]},"Aliases":["other"],
            "MacAddress":"02:42:0a:7c:00:4d","GwPriority":3,"DriverOpts":null}
            """).Is(200));
        Assert.Contains("10.124.0.77/24", api.In(runs, "ip addr"));
        Assert.Contains("fd12:4::77/64", api.In(runs, "ip addr"));
        Assert.Contains("169.254.9.7/", api.In(runs, "ip addr"));
        Assert.Contains("02:42:0a:7c:00:4d", api.In(runs, "ip addr"));
        api.Docker("network", "connect", "--ip", "10.124.0.78", "--alias", "resting", network, rests).Exits(0);
        api.Docker("start", rests).Exits(0);
        Assert.Contains("10.124.0.77", api.In(rests, "nslookup other"));
        Assert.Contains("10.124.0.78", api.In(runs, "nslookup resting"));
        JsonObject members = api.Ask("GET", $"/networks/{network}").Is(200)!["Containers"]!.AsObject();
        Assert.Equal([$"{runs} 10.124.0.77/24", $"{rests} 10.124.0.78/24"], members
            .Select(member => $"{member.Value!["Name"]} {member.Value["IPv4Address"]}")
            .OrderBy(text => text.Split(' ')[1], StringComparer.Ordinal));
        Assert.Equal("{}", api.AskFiltered("GET", "/networks", $$"""{"name":["{{network}}"]}""").Is(200)![0]!
            ["Containers"]!.ToJsonString());

        Connect(network, runs).Fails(403, "already exists in network");
        Connect(network, "nobody").Fails(404, "No such container: nobody");
        Connect("nobody", runs).Fails(404, "network nobody not found");
        Connect("host", runs).Fails(400, "host network");
        api.Ask("DELETE", $"/networks/{network}").Fails(403, "has active endpoints");
        Disconnect(network, runs).Is(200);
        Assert.DoesNotContain("10.124.0.77", api.In(runs, "ip addr"));
        Disconnect(network, runs).Fails(403, $"is not connected to network {network}");
        Connect(network, runs, """,  "EndpointConfig":{"IPAMConfig":{"IPv4Address":"x"}}""")
            .Fails(400, "invalid IPv4 address: x");
        Connect(network, runs, """, "EndpointConfig":{"IPAMConfig":{"IPv4Address":"10.124.0.78"}}""")
            .Fails(403, "Address already in use");
        Connect(network, runs, """, "EndpointConfig":{"Links":["a:b"]}""").Fails(400, "Links");
        api.Docker("stop", "-t", "0", rests).Exits(0);
        api.Docker("network", "disconnect", network, rests).Exits(0);
        Disconnect(network, rests).Fails(403, $"is not connected to the network {network}");
        api.Docker("network", "rm", network).Exits(0);
        api.Remove(runs, rests);
    }

    [Fact]
    public void What_a_container_that_is_no_more_has_left_goes_by_force()
    {
        string network = api.Host.NewName("net");
        api.Docker("network", "create", network).Exits(0);
        string gone = new('0', 64), name = api.Started("--network", network);
        // As a removal leaves it that was cut off.
        string endpoints = Path.Combine(api.Folder(), "run/networks/endpoints");
        string id = api.Docker("inspect", "-f", "{{.Id}}", name).Text();
        File.WriteAllText($"{endpoints}/{gone}.json", File.ReadAllText($"{endpoints}/{id}.json")
            .Replace(id, gone).Replace($"\"{name}\"", "\"ghost\"").Replace($"\"sk{id[..6]}", "\"sk000000"));
        Disconnect(network, "ghost").Fails(404, "ghost");
        Assert.True(File.Exists($"{endpoints}/{gone}.json"));
        Disconnect(network, "ghost", """, "Force":true""").Is(200);
        Assert.False(File.Exists($"{endpoints}/{gone}.json"));
        Disconnect(network, "ghost", """, "Force":true""").Fails(404, "ghost");
        api.Remove(name);
        api.Docker("network", "rm", network).Exits(0);
    }

    private ApiAnswer Connect(string network, string container, string more = "") =>
        api.Ask("POST", $"/networks/{network}/connect", $$"""{"Container":"{{container}}"{{more}} }""");

    private ApiAnswer Disconnect(string network, string container, string more = "") =>
        api.Ask("POST", $"/networks/{network}/disconnect", $$"""{"Container":"{{container}}"{{more}} }""");

    private string Names(string filters) => string.Join(' ',
        api.AskFiltered("GET", "/networks", filters).Is(200)!.AsArray().Select(n => (string)n!["Name"]!));
}
