using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skiff.System.Tests;

/// <summary>The drivers `syslog` and `journald`, with the test at the other end of the socket.</summary>
public sealed class LogSocketTests(SkiffHost host)
{
    private const string JournalSocket = "/run/systemd/journal/socket";
    private const string Script = "echo one; sleep 0.1; echo two >&2; sleep 0.1; printf last";

    [Theory]
    [InlineData("", @"^<30>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d {ID}\[\d+\]: one\n$")]
    [InlineData("rfc3164", @"^<30>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d {HOST} {ID}\[\d+\]: one\n$")]
    [InlineData("rfc5424", @"^<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) {HOST} {ID} \d+ {ID} - one\n$")]
    [InlineData("rfc5424micro",
        @"^<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d) {HOST} {ID} \d+ {ID} - one\n$")]
    public void Lines_come_by_udp_in_the_format_that_was_asked_for(string format, string pattern)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var container = Run(Script, $"syslog-address=udp://{socket.LocalEndPoint}", $"syslog-format={format}");
        string expected = pattern.Replace("{ID}", container.Id[..12]).Replace("{HOST}", Environment.MachineName);
        Assert.Matches(expected, Receive(socket));
        Assert.Matches(expected.Replace("<30>", "<27>").Replace("one", "two"), Receive(socket));
        Assert.Matches(expected.Replace("one", "last"), Receive(socket));
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("unixgram")]
    [InlineData("tcp")]
    public void Lines_come_by_every_kind_of_socket_with_tag_and_facility(string kind)
    {
        using Socket socket = Listen(kind, out string address);
        using var container = Run(Script, $"syslog-address={address}", "syslog-facility=local3", "tag=x/{{.Name}}");
        using Socket connection = kind == "unixgram" ? socket : socket.Accept();
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("last\n", StringComparison.Ordinal)) text.Append(Receive(connection));
        string head = $@"[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d x/{container.Name}\[\d+\]: ";
        Assert.Matches($"^<158>{head}one\n<155>{head}two\n<158>{head}last\n$", text.ToString());
    }

    [Fact]
    public void Lines_can_be_read_unless_that_is_turned_off()
    {
        using Socket socket = Listen("unixgram", out string address);
        using var container = Run(Script, $"syslog-address={address}");
        Assert.Equal("one\nlast", host.Run("logs", container.Name).Exits(0).Out);
        using var other = Run(Script, $"syslog-address={address}", "cache-disabled=true");
        host.Run("logs", other.Name).FailsClearly(1, "configured logging driver does not support reading");
    }

    [Fact]
    public void A_slow_receiver_holds_the_container_up_and_loses_nothing()
    {
        using Socket socket = Listen("tcp", out string address);
        socket.ReceiveBufferSize = 4096;
        using var container = host.Detached("--log-driver", "syslog", "--log-opt", $"syslog-address={address}",
            host.Busybox, "sh", "-c", "seq 1000000");
        using Socket connection = socket.Accept();
        Thread.Sleep(1500);
        Assert.Equal("running", container.Get("State.Status"));
        Assert.Equal("fine", container.Exec("echo fine").Text()); // The monitor itself does not wait.
        var reader = new StreamReader(new NetworkStream(connection));
        for (int i = 1; i <= 1_000_000; i++) Assert.EndsWith($"]: {i}", reader.ReadLine());
        container.WaitFor("exited");
    }

    [Fact]
    public void A_slow_receiver_holds_nobody_up_who_may_lose_output()
    {
        using Socket socket = Listen("tcp", out string address);
        using var container = Run("seq 1000000; sleep 0.1; echo end", $"syslog-address={address}", "mode=non-blocking",
            "max-buffer-size=100k");
        Assert.Equal("exited", container.Get("State.Status"));
    }

    [Fact]
    public void A_receiver_that_comes_back_gets_lines_again_and_hears_of_those_between()
    {
        string path = Path.Combine(host.NewFolder(), "log");
        Socket socket = Bind(path);
        using var container = host.Detached("--log-driver", "syslog", "--log-opt", $"syslog-address=unixgram://{path}",
            host.Busybox, "sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done");
        Assert.EndsWith("]: line 1\n", Receive(socket));
        socket.Dispose();
        File.Delete(path);
        int seen = host.Run("logs", container.Name).Lines.Length;
        Wait.Until(() => host.Run("logs", container.Name).Lines.Length > seen + 3, "lines that nobody receives");
        using Socket again = Bind(path);
        Assert.Matches(@"\]: skiff: \d+ bytes of the log are missing here: connect", Receive(again));
        Assert.Matches(@"\]: line \d+\n$", Receive(again));
        host.Run("kill", container.Name).Exits(0);
    }

    [Fact]
    public void The_journal_gets_the_fields_that_docker_sends()
    {
        if (File.Exists(JournalSocket)) Assert.Skip("this host has a journal of its own");
        Directory.CreateDirectory(Path.GetDirectoryName(JournalSocket)!);
        using Socket journal = Bind(JournalSocket);
        try
        {
            CheckFields(journal);
        }
        finally
        {
            File.Delete(JournalSocket);
        }
    }

    [Fact]
    public void Without_a_journal_the_container_does_not_start()
    {
        if (File.Exists(JournalSocket)) Assert.Skip("this host has a journal of its own");
        host.Run("run", "--rm", "--log-driver", "journald", host.Busybox, "true").FailsClearly(125,
            "failed to initialize logging driver", "journald is not enabled on this host");
    }

    private void CheckFields(Socket journal)
    {
        string name = host.NewName();
        host.Run("run", "-d", "--name", name, "--log-driver", "journald", "--label", "l.x-y=1", "-e", "A=b\nc",
            "--log-opt", "env=A", "--log-opt", "labels=l.x-y", "--log-opt", "tag={{.Name}}", host.Busybox, "sh", "-c",
            "echo one; sleep 0.1; head -c 20000 /dev/zero | tr '\\0' x >&2; echo >&2").Exits(0);
        using var container = new Container(host, name, host.Run("inspect", "--format", "{{.Id}}", name).Text());
        string message = Receive(journal);
        foreach (string field in (string[])["MESSAGE=one", "PRIORITY=6", $"CONTAINER_ID={container.Id[..12]}",
            $"CONTAINER_ID_FULL={container.Id}", $"CONTAINER_NAME={name}", $"CONTAINER_TAG={name}", "L_X_Y=1",
            $"SYSLOG_IDENTIFIER={name}", $"IMAGE_NAME={host.Busybox}", "CONTAINER_LOG_ORDINAL=1",
            "A\n\u0003\0\0\0\0\0\0\0b\nc"])
            Assert.Contains($"\n{field}\n", "\n" + message);
        Assert.Matches(@"\nSYSLOG_TIMESTAMP=\d{4}-\d\d-\d\dT[\d:.]+Z\n", message);
        Assert.Matches("\nCONTAINER_LOG_EPOCH=[0-9a-f]{64}\n", message);
        Assert.DoesNotContain("PARTIAL", message);

        string first = Receive(journal), second = Receive(journal);
        Assert.Contains("PRIORITY=3\n", first);
        Assert.Contains("\nCONTAINER_PARTIAL_MESSAGE=true\n", first);
        Assert.Contains("\nCONTAINER_PARTIAL_ORDINAL=1\nCONTAINER_PARTIAL_LAST=false\n", first);
        Assert.Contains("\nCONTAINER_PARTIAL_ORDINAL=2\nCONTAINER_PARTIAL_LAST=true\n", second);
        Assert.DoesNotContain("CONTAINER_PARTIAL_MESSAGE", second);
        Assert.Contains($"MESSAGE={new string('x', 16_384)}\n", first);
        Assert.Contains($"MESSAGE={new string('x', 20_000 - 16_384)}\n", second);
        container.WaitFor("exited");
        Assert.StartsWith("one", host.Run("logs", name).Exits(0).Out);
    }

    private Container Run(string script, params string[] options)
    {
        string[] flags = [.. options.SelectMany(option => (string[])["--log-opt", option])];
        var container = host.Detached(
            ["--network", "none", "--log-driver", "syslog", .. flags, host.Busybox, "sh", "-c", script]);
        host.Run("wait", container.Name).Exits(0);
        return container;
    }

    private Socket Listen(string kind, out string address)
    {
        if (kind == "tcp")
        {
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            tcp.Listen();
            address = $"tcp://{tcp.LocalEndPoint}";
            return tcp;
        }
        string path = Path.Combine(host.NewFolder(), "log");
        address = $"{kind}://{path}";
        if (kind == "unixgram") return Bind(path);
        var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        unix.Bind(new UnixDomainSocketEndPoint(path));
        unix.Listen();
        return unix;
    }

    private static Socket Bind(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static string Receive(Socket socket)
    {
        socket.ReceiveTimeout = 10_000;
        byte[] buffer = new byte[1 << 20];
        int count = socket.Receive(buffer);
        Assert.True(count > 0, "the connection ended too early");
        return Encoding.Latin1.GetString(buffer, 0, count);
    }
}
