using System.Net;
using System.Net.Sockets;

namespace Skiff.System.Tests.Api;

/// <summary>An agent at a TCP port, and certificates of all kinds.</summary>
public sealed class TlsAgent : IDisposable
{
    // Authority, name, kind of certificate, and how long it counts.
    private const string Certificates = """
        set -e; cd "$1"; mkdir tls; cd tls
        authority() {
          openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$1" -days 30 -keyout "$1.key" -out "$1.pem"
        }
        certificate() {
          openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$2.key" -out "$2.csr"
          printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=%s\n' "$3" > "$2.ext"
          openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days "$4" \
            -extfile "$2.ext" -out "$2.pem"
        }
        authority ours; authority theirs
        certificate ours agent serverAuth 30
        certificate ours client clientAuth 30
        certificate ours expired clientAuth -1
        certificate ours server serverAuth 30
        certificate theirs stranger clientAuth 30
        """;

    public TlsAgent(SkiffHost host)
    {
        Command.Run(SkiffHost.Script("engines"), "install").Exits(0);
        Port = NetworkTests.FreePort();
        Agent = new OwnAgent(host, null);
        Command.Shell(Certificates, Agent.Folder).Exits(0);
        Agent.Configure(Settings("ours"));
        Agent.Start("local.sock");
        Agent.Roots.Run("pull", "-q", host.Busybox).Exits(0);
    }

    /// <summary>The agent.</summary>
    public OwnAgent Agent { get; }

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>Its file.</summary>
    public string Settings(string authority, string more = "") => $$"""
        {"hosts": ["tcp://127.0.0.1:{{Port}}", "unix://@/local.sock"], "tlsverify": true{{more}},
         "tlscacert": "@/tls/{{authority}}.pem", "tlscert": "@/tls/agent.pem", "tlskey": "@/tls/agent.key"}
        """;

    /// <summary>Runs Docker's client with a certificate.</summary>
    public CommandResult Docker(string certificate, params string[] arguments) => Agent.Docker(
        $"tcp://127.0.0.1:{Port}", ["--tlsverify", "--tlscacert", $"{Agent.Folder}/tls/ours.pem",
            "--tlscert", $"{Agent.Folder}/tls/{certificate}.pem", "--tlskey", $"{Agent.Folder}/tls/{certificate}.key",
            .. arguments]);

    public void Dispose() => Agent.Dispose();
}

/// <summary>TCP with certificates on both sides.</summary>
public sealed class TlsTests(TlsAgent tls) : IClassFixture<TlsAgent>
{
    private readonly OwnAgent _agent = tls.Agent;

    [Fact]
    public void Dockers_client_with_a_certificate_is_served()
    {
        string image = _agent.Host.Busybox;
        Assert.Contains("linux", tls.Docker("client", "version", "--format", "{{.Server.Os}}").Exits(0).Text());
        Assert.Equal("hello", tls.Docker("client", "run", "--rm", image, "echo", "hello").Exits(0).Text());
        // Both halves of a connection that was taken over, each with an end of its own, and much through both.
        Assert.Equal(Sum(3_000_000), Command.Shell(
            "head -c 3000000 /dev/zero | \"$@\" | sha256sum | cut -d' ' -f1", Variables(), [.. DockerArguments(),
                "run", "--rm", "-i", image, "cat"]).Exits(0).Text());
        string name = _agent.Host.NewName();
        tls.Docker("client", "run", "-d", "--name", name, image, "sleep", "1000").Exits(0);
        Assert.Equal("inside", tls.Docker("client", "exec", name, "echo", "inside").Exits(0).Text());
        Assert.Equal("3", tls.Docker("client", "exec", name, "sh", "-c", "exit 3").ExitCode.ToString());
        tls.Docker("client", "rm", "-f", name).Exits(0);
    }

    private static string Sum(int bytes) =>
        Command.Shell("head -c $1 /dev/zero | sha256sum | cut -d' ' -f1", $"{bytes}").Text();

    private string[] DockerArguments() =>
    [
        SkiffHost.Source("out/tools/engines/usr/bin/docker"), "-H", $"tcp://127.0.0.1:{tls.Port}", "--tlsverify",
        "--tlscacert", $"{_agent.Folder}/tls/ours.pem", "--tlscert", $"{_agent.Folder}/tls/client.pem", "--tlskey",
        $"{_agent.Folder}/tls/client.key",
    ];

    private Dictionary<string, string?> Variables() => new() { ["HOME"] = _agent.Folder };

    [Theory]
    [InlineData("stranger", "signed by an unknown authority")]
    [InlineData("expired", "has expired on")]
    [InlineData("server", "is not valid: NotValidForUsage")]
    public void A_client_with_another_certificate_is_not_let_in(string certificate, string said)
    {
        int before = _agent.Log.Length;
        Assert.NotEqual(0, tls.Docker(certificate, "ps").ExitCode);
        OwnAgent.Until(() => _agent.Log[before..].Contains("a client was not let in"), "the log tells why");
        Assert.Contains(said, _agent.Log[before..]);
    }

    [Fact]
    public void A_client_without_a_certificate_is_not_let_in()
    {
        CommandResult curl = Command.Run("curl", "-sS", "--cacert", $"{_agent.Folder}/tls/ours.pem",
            $"https://127.0.0.1:{tls.Port}/_ping");
        Assert.NotEqual(0, curl.ExitCode);
        Assert.DoesNotContain("OK", curl.Out);
        OwnAgent.Until(() => _agent.Log.Contains("it has shown no certificate"), "the log tells why");
    }

    [Theory]
    [InlineData("--tls-max", "1.1")]
    [InlineData("--tlsv1.0", "--tls-max", "1.0")]
    public void Old_versions_of_TLS_are_not_spoken(params string[] version) =>
        Assert.NotEqual(0, Curl(version).ExitCode);

    [Theory]
    [InlineData("--tlsv1.2", "--tls-max", "1.2")]
    [InlineData("--tlsv1.3")]
    public void New_versions_of_TLS_are(params string[] version) => Assert.Equal("OK", Curl(version).Exits(0).Out);

    private CommandResult Curl(params string[] arguments) => Command.Run("curl", ["-sS", .. arguments, "--cacert",
        $"{_agent.Folder}/tls/ours.pem", "--cert", $"{_agent.Folder}/tls/client.pem", "--key",
        $"{_agent.Folder}/tls/client.key", $"https://127.0.0.1:{tls.Port}/_ping"]);

    [Fact]
    public void Plain_HTTP_and_noise_get_no_answer_of_the_API()
    {
        foreach (string text in (string[])["GET /_ping HTTP/1.0\r\n\r\n", "\x16\x03\x01\xff\xffnoise", ""])
        {
            using var client = new TcpClient("127.0.0.1", tls.Port) { ReceiveTimeout = 60_000 };
            client.Client.Send(global::System.Text.Encoding.Latin1.GetBytes(text));
            client.Client.Shutdown(SocketShutdown.Send);
            Assert.DoesNotContain("OK", ApiAgent.ReadToEnd(client.Client));
        }
        _agent.Ask("local.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
    }

    [Fact]
    public void Plain_TCP_is_refused() => Assert.Contains("TCP needs certificates, or whoever reaches the port",
        _agent.Roots.Run("agent", "--listen", "tcp://127.0.0.1:2375").Exits(1).Error);

    [Fact]
    public void Flags_have_Dockers_names_and_go_together()
    {
        string folder = _agent.Folder;
        string[] all = ["agent", "--check", "--listen", "tcp://127.0.0.1:2376", "--tlsverify", "--tlscacert",
            $"{folder}/tls/ours.pem", "--tlscert", $"{folder}/tls/agent.pem", "--tlskey", $"{folder}/tls/agent.key"];
        Assert.Equal("OK", _agent.Roots.Run(all).Exits(0).Text());
        foreach (string missing in (string[])["--tlsverify", "--tlscacert", "--tlscert", "--tlskey"])
        {
            int at = Array.IndexOf(all, missing);
            string[] some = [.. all[..at], .. all[(missing == "--tlsverify" ? at + 1 : at + 2)..]];
            Assert.Contains("go together: one is missing", _agent.Roots.Run(some).Exits(1).Error);
        }
        all[^1] = $"{folder}/tls/client.key";
        Assert.Contains("expected the key of tlscert", _agent.Roots.Run(all).Exits(1).Error);
        all[^1] = $"{folder}/tls/none.key";
        Assert.Contains($"tlskey {folder}/tls/none.key", _agent.Roots.Run(all).Exits(1).Error);
        all[6] = "/dev/null";
        Assert.Contains("tlscacert /dev/null: no certificate in it", _agent.Roots.Run(all).Exits(1).Error);
    }

    [Fact]
    public void A_reload_takes_new_certificates_and_keeps_the_port()
    {
        _agent.Reload(tls.Settings("theirs"), "the configuration was read again");
        Assert.NotEqual(0, Curl().ExitCode);
        _agent.Reload(tls.Settings("gone"), "the configuration stays as it was");
        _agent.Reload(tls.Settings("ours", ", \"labels\": [\"x=y\"]"), "the configuration was read again");
        Assert.Equal("OK", Curl().Exits(0).Out);
    }
}
