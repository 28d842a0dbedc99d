using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.System.Tests.Api;

/// <summary>
/// The agent as a service of systemd: sockets that it has opened, what it is told, the end of an idle one. A script
/// stands in for it, since it runs as the first process of a host alone; what it verifies of the units it does itself.
/// </summary>
public sealed class SystemdTests(SkiffHost host)
{
    // Opens a socket and starts an agent with it whenever somebody has come, as a .socket unit does.
    private const string Supervisor = """
        import os, select, socket, sys
        path, pids = sys.argv[1:3]
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        s.listen(128)
        while True:
            select.select([s], [], [])
            pid = os.fork()
            if pid == 0:
                os.set_inheritable(s.fileno(), True)
                if s.fileno() != 3: os.dup2(s.fileno(), 3)
                with open(pids, "a") as f: f.write(f"{os.getpid()}\n")
                os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="docker")
                os.execv(sys.argv[3], sys.argv[3:])
            os.waitpid(pid, 0)
        """;

    [Theory]
    [InlineData("fd://")]
    [InlineData("fd://docker")]
    public void A_socket_of_systemd_is_served_and_stays(string address)
    {
        using var agent = new OwnAgent(host, null);
        agent.Launch(Activation(agent), "--listen", address);
        OwnAgent.Until(() => File.Exists(Path.Combine(agent.Folder, "sd.sock")), "the socket is there");
        agent.Ask("sd.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        int first = Pids(agent)[0];
        // Neither the socket nor what was said of it goes to monitors.
        agent.Roots.Run("pull", "-q", host.Busybox).Exits(0);
        string id = agent.Create("sd.sock", "one");
        agent.Ask("sd.sock", "POST", $"/containers/{id}/start").Is(HttpStatusCode.NoContent);
        int monitor = agent.Roots.MonitorOf("one");
        Assert.Equal("", Command.Shell("tr '\\0' '\\n' < /proc/$1/environ | grep LISTEN", $"{monitor}").Out);
        Assert.Equal("", Command.Shell("ss -xlp | grep sd.sock | grep -o pid=$1", $"{monitor}").Out);
        Command.Shell($"kill {first}").Exits(0);
        // A connection of before would be cut, not served by the next one.
        OwnAgent.Until(() => !Directory.Exists($"/proc/{first}"), "the first one ends");
        // Who comes next waits in the socket until there is an agent again.
        agent.Ask("sd.sock", "GET", "/containers/one/json").Is(HttpStatusCode.OK);
        Assert.NotEqual(first, Pids(agent)[^1]);
        Command.Shell($"kill {agent.Pid}; kill {Pids(agent)[^1]}").Exits(0);
    }

    [Fact]
    public void Without_a_socket_of_that_name_the_agent_says_so()
    {
        using var agent = new OwnAgent(host, null);
        agent.Launch(Activation(agent), "--listen", "fd://other");
        OwnAgent.Until(() => File.Exists(Path.Combine(agent.Folder, "sd.sock")), "the socket is there");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(agent.Folder, "sd.sock")));
            OwnAgent.Until(() => agent.Log.Contains("no socket of that name (FileDescriptorName=)"), "it says so");
            Command.Shell($"kill {agent.Pid}").Exits(0);
        }
        Assert.Contains("start skiff-agent.socket", agent.Roots.Run("agent", "--listen", "fd://").Exits(1).Error);
    }

    [Fact]
    public void An_idle_agent_ends_and_comes_again_but_not_while_somebody_is_there()
    {
        using var agent = new OwnAgent(host, null);
        Command supervisor = agent.Launch(Activation(agent), "--listen", "fd://", "--idle-exit", "1");
        string path = Path.Combine(agent.Folder, "sd.sock");
        OwnAgent.Until(() => File.Exists(path), "the socket is there");
        using Command curl = Command.Start("curl", ["-sN", "--unix-socket", path, "http://x/events"]);
        OwnAgent.Until(() => File.Exists(Path.Combine(agent.Folder, "pids")) && Pids(agent).Length > 0,
            "it is started");
        int first = Pids(agent)[0];
        // Several looks long.
        Assert.False(curl.EndsWithin(5000));
        Assert.Single(Pids(agent));
        curl.Kill();
        OwnAgent.Until(() => !Directory.Exists($"/proc/{first}"), "it ends by itself");
        for (int i = 0; i < 20; i++)
        {
            agent.Ask("sd.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
            // About as long as it stays, so that some come just when it goes.
            Assert.False(supervisor.EndsWithin(100 * i));
        }
        Assert.True(Pids(agent).Length > 1);
        Command.Shell($"kill {agent.Pid}; kill {Pids(agent)[^1]} 2>/dev/null || true").Exits(0);
    }

    [Fact]
    public void Idle_exit_is_for_sockets_of_systemd_alone()
    {
        using var roots = new OwnRoots(host);
        string address = $"unix://{roots.Folder}/a.sock";
        Assert.Contains("nobody would start the agent again",
            roots.Run("agent", "--idle-exit", "5", "--listen", address).Exits(1).Error);
        Assert.Contains("nobody would start", roots.Run("agent", "--idle-exit", "5").Exits(1).Error);
        Assert.Contains("expected 1 to 86400", roots.Run("agent", "--idle-exit", "0", "--listen", "fd://").Error);
    }

    [Fact]
    public void Systemd_is_told_how_the_agent_does()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"]}""");
        string path = Path.Combine(agent.Folder, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        systemd.ReceiveTimeout = 60_000;
        agent.Roots.Variables["NOTIFY_SOCKET"] = path;
        agent.Roots.Variables["WATCHDOG_USEC"] = "400000";
        agent.Start("a.sock");
        Assert.Equal("READY=1", Next());
        agent.Ask("a.sock", "GET", "/_ping").Is(HttpStatusCode.OK);
        for (int i = 0; i < 5; i++) Assert.Equal("WATCHDOG=1", Next());
        Command.Shell($"kill -HUP {agent.Pid}").Exits(0);
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", NextBut("WATCHDOG=1"));
        Assert.Equal("READY=1", NextBut("WATCHDOG=1"));
        agent.End();
        Assert.Equal("STOPPING=1", NextBut("WATCHDOG=1"));
        // The watchdog of another process is none of ours.
        agent.Roots.Variables["WATCHDOG_PID"] = "1";
        agent.Start("a.sock");
        Assert.Equal("READY=1", Next());
        agent.End();
        Assert.Equal("STOPPING=1", Next());

        string Next()
        {
            byte[] buffer = new byte[1000];
            return Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer));
        }

        string NextBut(string other)
        {
            string said = Next();
            while (said == other) said = Next();
            return said;
        }
    }

    [Fact]
    public void A_place_in_the_abstract_namespace_is_told_too()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"]}""");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        string name = $"skiff-{host.NewName()}";
        systemd.Bind(new UnixDomainSocketEndPoint("\0" + name));
        systemd.ReceiveTimeout = 60_000;
        agent.Roots.Variables["NOTIFY_SOCKET"] = "@" + name;
        agent.Start("a.sock");
        byte[] buffer = new byte[100];
        Assert.Equal("READY=1", Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer)));
    }

    [Fact]
    public void Systemd_takes_the_units_for_what_they_are_meant_to_be()
    {
        string folder = host.NewFolder();
        Command.Shell("""
            set -e
            cp "$1"/skiff-agent.* "$2"
            sed -i "s|^ExecStart=/usr/bin/skiff|ExecStart=$3|" "$2/skiff-agent.service"
            test -z "$(systemd-analyze verify "$2/skiff-agent.service" "$2/skiff-agent.socket" 2>&1)"
            """, SkiffHost.Source("packaging/systemd"), folder, host.Binary).Exits(0);
        // What the unit starts is a command that there is.
        string line = File.ReadLines(Path.Combine(folder, "skiff-agent.service"))
            .Single(text => text.StartsWith("ExecStart=")).Split('=', 2)[1];
        Assert.Equal("OK", host.Run([.. line.Split(' ')[1..], "--check"]).Exits(0).Text());
    }

    private static string[] Activation(OwnAgent agent) =>
        ["/usr/bin/python3", "-c", Supervisor, $"{agent.Folder}/sd.sock", $"{agent.Folder}/pids"];

    private static int[] Pids(OwnAgent agent) =>
        [.. File.ReadAllLines(Path.Combine(agent.Folder, "pids")).Select(int.Parse)];
}
