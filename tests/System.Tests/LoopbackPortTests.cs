using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Skiff.System.Tests;

/// <summary>Published ports at the host's [::1], where a container's monitor listens.</summary>
public sealed class LoopbackPortTests : IDisposable
{
    private readonly SkiffHost _host;
    private readonly OwnRoots _roots;
    private readonly int _port = NetworkTests.FreePort();

    public LoopbackPortTests(SkiffHost host)
    {
        (_host, _roots) = (host, new OwnRoots(host));
        _roots.Run("pull", "-q", host.Busybox).Exits(0);
    }

    public void Dispose() => _roots.Dispose();

    [Fact]
    public void It_leads_into_containers_with_IPv6_and_without_as_long_as_they_run()
    {
        _roots.Run("network", "create", "--ipv6", "blue").Exits(0);
        int other = NetworkTests.FreePort();
        Serve("web", "-p", $"{_port}:8000");
        Serve("six", "-p", $"{other}:8000", "--network", "blue");
        foreach (int port in (int[])[_port, other])
        {
            AssertPage("[::1]", port);
            AssertPage("127.0.0.1", port);
        }
        _roots.Run("restart", "-t", "0", "web").Exits(0);
        AssertPage("[::1]", _port);
        // Another monitor goes on with it.
        int monitor = _roots.MonitorOf("web");
        Command.Shell($"kill -9 {monitor}").Exits(0);
        Wait.Until(() => _roots.Run("ps", "--format", "{{.Names}}").Text().Contains("web", StringComparison.Ordinal)
            && _roots.MonitorOf("web") != monitor, "another monitor is there");
        AssertPage("[::1]", _port);
        _roots.Run("rm", "-f", "web", "six").Exits(0);
        foreach (int port in (int[])[_port, other]) Assert.Equal(7, Fetch("[::1]", port).ExitCode); // Refused.
    }

    [Fact]
    public void It_goes_with_the_port_from_network_to_network()
    {
        _roots.Run("network", "create", "--ipv6", "blue").Exits(0);
        _roots.Run("network", "create", "--internal", "dark").Exits(0);
        Serve("web", "-p", $"{_port}:8000", "--network", "dark");
        Assert.Equal(7, Fetch("[::1]", _port).ExitCode);
        _roots.Run("network", "connect", "blue", "web").Exits(0);
        AssertPage("[::1]", _port);
        _roots.Run("network", "disconnect", "blue", "web").Exits(0);
        Wait.Until(() => Fetch("[::1]", _port).ExitCode == 7, "nobody listens any more");
    }

    [Fact]
    public void A_port_published_there_is_nowhere_else_and_one_published_elsewhere_is_not_there()
    {
        _roots.Run("network", "create", "--ipv6", "blue").Exits(0);
        int other = NetworkTests.FreePort();
        Serve("web", "--network", "blue", "-p", $"[::1]:{_port}:8000", "-p", $"127.0.0.1:{other}:8000",
            "-p", $"{other}:8000/udp");
        AssertPage("[::1]", _port);
        AssertPage("127.0.0.1", other);
        Assert.Equal(7, Fetch("127.0.0.1", _port).ExitCode);
        Assert.Equal(7, Fetch("[::1]", other).ExitCode);
    }

    [Fact]
    public void What_a_program_of_the_host_listens_on_stays_with_it()
    {
        _roots.Run("network", "create", "--ipv6", "blue").Exits(0);
        using var listener = new TcpListener(IPAddress.IPv6Loopback, _port);
        listener.Start();
        // Nobody asked for this one.
        Serve("web", "-p", $"{_port}:8000");
        AssertPage("127.0.0.1", _port);
        using var client = new TcpClient("::1", _port);
        using TcpClient own = listener.AcceptTcpClient();
        _roots.Run("rm", "-f", "web").Exits(0);
        foreach (string address in (string[])["[::]", "[::1]"])
            Assert.Contains($"failed to bind host port {address}:{_port}/tcp: address already in use",
                _roots.Run("run", "--rm", "--network", "blue", "-p", $"{address}:{_port}:8000", _host.Busybox)
                    .Exits(125).Error);
    }

    [Fact]
    public void A_monitor_keeps_nothing_of_connections_that_are_over()
    {
        Serve("web", "-p", $"{_port}:8000", "-p", $"{NetworkTests.FreePort()}:9"); // Nobody is at the second.
        AssertPage("[::1]", _port);
        int monitor = _roots.MonitorOf("web");
        int refusing = int.Parse(_roots.Run("port", "web", "9").Exits(0).Lines[0].Split(':')[^1],
            CultureInfo.InvariantCulture);
        RoundOf(refusing);
        int before = Descriptors(monitor);
        for (int i = 0; i < 5; i++) RoundOf(refusing);
        Wait.Until(() => Descriptors(monitor) <= before, $"no more than {before} descriptors", 60);
    }

    private void RoundOf(int refusing)
    {
        for (int i = 0; i < 20; i++)
        {
            using var refused = new TcpClient("::1", refusing);
            using var cut = new TcpClient("::1", _port);
            cut.GetStream().Write("GET /"u8);
            cut.LingerState = new LingerOption(true, 0);
            using var half = new TcpClient("::1", _port);
            NetworkStream stream = half.GetStream();
            stream.ReadTimeout = 60_000;
            stream.Write("GET / HTTP/1.0\r\n\r\n"u8);
            half.Client.Shutdown(SocketShutdown.Send);
            Assert.EndsWith("page\n", new StreamReader(stream).ReadToEnd());
        }
    }

    private static int Descriptors(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length;

    private void Serve(string name, params string[] options) => _roots.Run(["run", "-d", "--name", name, .. options,
        _host.Busybox, "sh", "-c", "mkdir -p /www; echo page > /www/index.html; exec httpd -f -p 8000 -h /www"])
        .Exits(0);

    private static void AssertPage(string address, int port) => Wait.Until(
        () => Fetch(address, port) is { ExitCode: 0, Out: "page\n" }, $"{address}:{port} serves");

    private static CommandResult Fetch(string address, int port) =>
        Command.Run("curl", "-gfs", "-m", "5", $"http://{address}:{port}/");
}
