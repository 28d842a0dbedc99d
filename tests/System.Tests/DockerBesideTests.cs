namespace Skiff.System.Tests;

/// <summary>
/// Debian's dockerd with its bridge and its iptables rules in one network namespace with Skiff, and an outside that
/// both have to reach.
/// </summary>
public sealed class DockerBesideTests(SkiffHost host, ITestOutputHelper output)
{
    private const string Outside = "198.51.100.2", Host = "198.51.100.1";
    private const int Dockers = 8081, Ours = 8080;

    // eth0 to a namespace with a web server; what runs there ends with the engines.
    private const string SetUp =
        $$"""
        ip link add eth0 type veth peer name out0
        setsid unshare --net sleep infinity > /dev/null 2>&1 < /dev/null &
        echo $! > $D/outside
        until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
        ip link set out0 netns $!
        ip address add {{Host}}/24 dev eth0
        ip link set eth0 up
        ip route add default via {{Outside}}
        out() { nsenter --target $(cat $D/outside) --net "$@"; }
        out ip address add {{Outside}}/24 dev out0
        out ip link set out0 up
        mkdir $D/www
        echo outside > $D/www/index.html
        out setsid python3 -m http.server 80 --directory $D/www > /dev/null 2>&1 < /dev/null &
        """;

    [Fact]
    public void Neither_breaks_the_other()
    {
        using var engines = new EngineSession(host, "bridge");
        using var bundle = new Bundle(host);
        Shell(engines, SetUp).Exits(0);
        Shell(engines, $"tar -C {bundle.Rootfs} -cf $D/root.tar . && docker import $D/root.tar page").Exits(0);
        Shell(engines, "$SKIFF import $D/root.tar page").Exits(0);
        string[] rules = Rules(engines);
        Assert.Contains("-P FORWARD DROP", rules);
        Run(engines, "docker", Dockers, "docker");
        string[] dockersRules = Rules(engines);
        Run(engines, "$SKIFF", Ours, "skiff");
        AssertAllWorks(engines);

        // Without anyone who watches, the next container puts right what was lost meanwhile.
        Shell(engines, "iptables -F FORWARD").Exits(0);
        engines.RestartDocker();
        Shell(engines, "docker start web").Exits(0);
        Shell(engines, "$SKIFF run --rm page true").Exits(0);
        AssertAllWorks(engines);

        Shell(engines, "setsid $SKIFF agent > $D/agent.log 2>&1 < /dev/null & echo $! > $D/agent").Exits(0);
        Wait.Until(() => Shell(engines, "$SKIFF info > /dev/null && [ -s $D/agent ] && nft list tables").ExitCode == 0,
            "the agent runs");
        Shell(engines, "iptables -F FORWARD").Exits(0);
        engines.RestartDocker();
        Shell(engines, "docker start web").Exits(0);
        Wait.Until(() => Rules(engines).Any(rule => rule.StartsWith("-A FORWARD -j SKIFF")), "the jump is put back");
        AssertAllWorks(engines);
        Assert.Contains("forward_opened", Shell(engines, "$SKIFF events --since 1h --until 0s").Text());

        Shell(engines, "kill $(cat $D/agent); $SKIFF rm -f web && $SKIFF system release").Exits(0);
        Assert.Equal(dockersRules.Order(), Rules(engines).Order());
        AssertReach(engines, InDocker, Outside, 80, "outside");
        AssertReach(engines, InOutside, Host, Dockers, "docker");
    }

    private const string InOutside = "nsenter --target $(cat $D/outside) --net curl -fs -m 3";
    // busybox's wget ends with a fault when it is given -T.
    private const string InDocker = "docker exec web timeout 3 wget -qO-",
        InSkiff = "$SKIFF exec web timeout 3 wget -qO-";

    private void AssertAllWorks(EngineSession engines)
    {
        output.WriteLine(string.Join('\n', Rules(engines)));
        AssertReach(engines, InDocker, Outside, 80, "outside");
        AssertReach(engines, InSkiff, Outside, 80, "outside");
        AssertReach(engines, InOutside, Host, Dockers, "docker");
        AssertReach(engines, InOutside, Host, Ours, "skiff");
        AssertReach(engines, InSkiff, Host, Dockers, "docker");
        AssertReach(engines, InDocker, Host, Ours, "skiff");
        // What neither publishes stays closed to the other.
        string dockers = Shell(engines, "docker inspect -f '{{.NetworkSettings.IPAddress}}' web").Text();
        string ours = Shell(engines, "$SKIFF inspect -f '{{.NetworkSettings.IPAddress}}' web").Text();
        Assert.NotEqual("", dockers);
        Assert.NotEqual(dockers, ours);
        AssertClosed(engines, InSkiff, dockers);
        AssertClosed(engines, InDocker, ours);
    }

    private void Run(EngineSession engines, string engine, int port, string page) => Shell(engines,
        $"{engine} run -d --name web -p {port}:80 page sh -c 'mkdir /www; echo {page} "
        + "> /www/index.html; httpd -p 81 -h /www; exec httpd -f -p 80 -h /www'").Exits(0);

    private void AssertReach(EngineSession engines, string from, string address, int port, string page)
    {
        CommandResult result = Fetch();
        // A server may not listen yet.
        Wait.Until(() => (result = Fetch()).ExitCode == 0, $"{from} reaches {address}:{port}: {result.Error}");
        Assert.Equal(page, result.Text());

        CommandResult Fetch() => Shell(engines, $"{from} http://{address}:{port}/");
    }

    private void AssertClosed(EngineSession engines, string from, string address) =>
        Assert.NotEqual(0, Shell(engines, $"{from} http://{address}:81/").ExitCode);

    private string[] Rules(EngineSession engines) =>
        Shell(engines, "iptables -S").Exits(0).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private CommandResult Shell(EngineSession engines, string script) => engines.Run("bash", "-c",
        $"D={engines.Folder}; SKIFF={host.Binary}\n"
        + $"export SKIFF_ROOT=$D/skiff-root SKIFF_RUN_ROOT=/run/skiff\n{script}");
}
