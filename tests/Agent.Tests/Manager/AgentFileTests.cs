using System.Text;
using Skiff.Agent.Manager.Settings;

namespace Skiff.Agent.Tests.Manager;

/// <summary>The agent's file: what it may say, and where it tells that something is wrong.</summary>
public sealed class AgentFileTests
{
    [Fact]
    public void A_file_says_where_the_API_is_served_and_for_whom()
    {
        AgentFile file = Read("""
            {
                "hosts": ["unix:///run/skiff/docker.sock", "tcp://127.0.0.1:2376"],
                "group": "root", "mode": "0600",
                "sockets": [
                    {"listen": "unix:///run/skiff/ro.sock", "scope": "read-only", "mode": "0666"},
                    {"listen": "unix:\/\/\/run\/skiff\/shop.sock", "scope": "label:com.docker.compose.project=shop"}
                ],
                "tls": true, "tlsverify": true, "tlscacert": "/ca", "tlscert": "/cert", "tlskey": "/key",
                "labels": ["a=b", "c="], "debug": true, "metrics-addr": "127.0.0.1:9323",
                "max-connections": 64, "client-timeout": 5,
                "live-restore": true, "log-level": "warn", "userland-proxy": null
            }
            """.Replace("    ", "\t"));
        Assert.Empty(file.Faults);
        Assert.Equal(["live-restore", "log-level"], file.PassedOver);
        AgentSettings s = file.Settings;
        Assert.Equal(
            ["unix:///run/skiff/ro.sock 666 read-only",
                "unix:///run/skiff/shop.sock 660 label:com.docker.compose.project=shop",
                "unix:///run/skiff/docker.sock 600 root ", "tcp://127.0.0.1:2376 660 "],
            s.Sockets.Select(one => $"{one.Address} {Convert.ToString(one.Mode, 8)} "
                + (one.Group is { } group ? group + " " : "") + one.Scope));
        Assert.Equal(new TlsFiles("/ca", "/cert", "/key"), s.Tls);
        Assert.Equal(["a=b", "c="], s.Labels);
        Assert.True(s.Debug);
        Assert.Equal("127.0.0.1:9323", s.Metrics);
        Assert.Equal((64, 5), (s.MaxConnections, s.ClientTimeout));
        s.Check();
    }

    [Theory]
    [InlineData("", "expected one JSON object")]
    [InlineData("[]", "line 1, column 1: expected an object")]
    [InlineData("{", "line 2, column 1: ")]
    [InlineData("{}\n---\n{}", "expected one JSON object")]
    [InlineData("{\n \"hots\": []}", "line 2, column 2: unknown key \"hots\"")]
    [InlineData("{\"debug\": true, \"debug\": true}", "line 1, column 17: \"debug\" is there twice")]
    [InlineData("{\"debug\": 1}", "line 1, column 11: expected true or false")]
    [InlineData("{\"debug\": \"true\"}", "expected true or false")]
    [InlineData("{\"hosts\": \"unix:///x\"}", "expected a list")]
    [InlineData("{\"hosts\": [7]}", "line 1, column 12: expected a string")]
    [InlineData("{\"hosts\": [\"x\"]}", "line 1, column 12: bad address \"x\"")]
    [InlineData("{\"hosts\": [\"unix://x\"]}", "bad address")]
    [InlineData("{\"hosts\": [\"tcp://localhost:2376\"]}", "bad address")]
    [InlineData("{\"hosts\": [\"tcp://127.0.0.1\"]}", "bad address")]
    [InlineData("{\"hosts\": [\"unix:///x\"], \"group\": \"no-such-group\"}", "group \"no-such-group\" is not in")]
    [InlineData("{\"mode\": \"0666\", \"hosts\": [\"unix:///x\"]}", "would make everybody on this host root")]
    [InlineData("{\"mode\": \"999\"}", "expected an octal mode")]
    [InlineData("{\"mode\": \"0060\", \"hosts\": [\"unix:///x\"]}", "mode has to be one of files")]
    [InlineData("{\"sockets\": [{}]}", "line 1, column 14: a socket needs listen")]
    [InlineData("{\"sockets\": [{\"listen\": \"unix:///x\", \"scop\": \"\"}]}", "unknown key \"scop\"")]
    [InlineData("{\"sockets\": [{\"listen\": \"unix:///x\", \"scope\": \"label:a\"}]}", "bad scope \"label:a\"")]
    [InlineData("{\"sockets\": [{\"listen\": \"unix:///x\", \"scope\": \"label:a=\"}]}", "bad scope")]
    [InlineData("{\"sockets\": [{\"listen\": \"unix:///x\", \"scope\": \"readonly\"}]}", "bad scope \"readonly\"")]
    [InlineData("{\"sockets\": [{\"listen\": \"fd://\", \"mode\": \"0600\"}]}", "group and mode are for unix://")]
    [InlineData("{\"labels\": [\"a\"]}", "\"a\": expected KEY=VALUE")]
    [InlineData("{\"labels\": [\"a=1\", \"a=2\"]}", "label a is there with another value")]
    [InlineData("{\"max-connections\": 0}", "line 1, column 21: expected a number from 1 to 100000")]
    [InlineData("{\"max-connections\": \"9\"}", "expected a number from 1 to 100000")]
    [InlineData("{\"client-timeout\": -1}", "expected a number from 1 to 3600")]
    [InlineData("{\"client-timeout\": 3601}", "expected a number from 1 to 3600")]
    [InlineData("{\"tls\": true}", "tls alone would let clients in")]
    [InlineData("{\"tlsverify\": true}", "go together: one is missing")]
    [InlineData("{\"tlscacert\": \"ca.pem\"}", "expected an absolute path")]
    [InlineData("{\"log-driver\": \"local\"}", "\"log-driver\" belongs in /etc/skiff/logs.json")]
    [InlineData("{\"insecure-registries\": []}", "belongs in /etc/skiff/registries.json")]
    [InlineData("{\"dns\": []}", "\"dns\" is said of each container")]
    [InlineData("{\"data-root\": \"/x\"}", "SKIFF_ROOT")]
    [InlineData("{\"userns-remap\": \"default\"}", "is said of each container")]
    [InlineData("{\"authorization-plugins\": []}", "has no counterpart")]
    public void What_is_wrong_is_told_with_its_place(string json, string problem) =>
        Assert.Contains(problem, string.Join('\n', Read(json).Faults));

    [Fact]
    public void All_faults_are_told_at_once()
    {
        AgentFile file = Read(
            "{\"hosts\": [\"x\", \"y\"],\n\"debug\": 1,\n\"sockets\": [{\"listen\": 1, \"scope\": 2}]}");
        Assert.Equal(6, file.Faults.Count);
        Assert.Equal(["1", "1", "2", "3", "3", "3"], file.Faults.Select(fault => fault.Split(' ')[1].TrimEnd(',')));
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_fault() =>
        Assert.Contains("/no/such/file", Assert.Single(AgentFile.Read("/no/such/file").Faults));

    [Fact]
    public void TCP_needs_certificates_and_each_place_is_there_once()
    {
        var tcp = new SocketSettings(ListenAddress.Parse("tcp://[::1]:2376"));
        Assert.Contains("TCP needs certificates", Fails(new AgentSettings { Sockets = [tcp] }));
        Assert.Contains("is there twice", Fails(new AgentSettings
        {
            Sockets = [tcp, tcp with { Scope = SocketScope.Parse("read-only") }], Tls = new TlsFiles("/a", "/b", "/c"),
        }));
        Assert.Contains("bad --metrics", Fails(new AgentSettings { Metrics = "nowhere" }));

        static string Fails(AgentSettings settings) =>
            Assert.Throws<Skiff.Agent.Manager.UsageException>(settings.Check).Message;
    }

    private static AgentFile Read(string json) => AgentFile.Parse(Encoding.UTF8.GetBytes(json));
}
