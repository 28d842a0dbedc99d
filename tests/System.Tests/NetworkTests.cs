using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Skiff.System.Tests;

/// <summary>The default bridge, published ports and the other network modes.</summary>
public sealed class NetworkTests(SkiffHost host)
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private static int s_ports;

    [Fact]
    public async Task Published_port_serves_on_loopback_and_on_the_hosts_address()
    {
        var port = FreePort();
        using var web = Serve("-p", $"{port}:8000");
        await AssertPage($"http://127.0.0.1:{port}/");
        await AssertPage($"http://{HostAddress()}:{port}/");
        await AssertPage($"http://{web.Get("NetworkSettings.IPAddress")}:8000/");
        Assert.Contains($"0.0.0.0:{port}->8000/tcp", host.Run("ps").Text());
    }

    [Fact]
    public async Task Port_published_on_loopback_only_is_not_on_the_hosts_address()
    {
        var port = FreePort();
        using var web = Serve("-p", $"127.0.0.1:{port}:8000");
        await AssertPage($"http://127.0.0.1:{port}/");
        await Assert.ThrowsAnyAsync<Exception>(() => s_http.GetStringAsync($"http://{HostAddress()}:{port}/"));
    }

    [Fact]
    public async Task Port_of_an_address_that_the_host_gets_later_is_published_then()
    {
        const string address = "203.0.113.7";
        var port = FreePort();
        string url = $"http://{address}:{port}/";
        using var web = Serve("-p", $"{address}:{port}:8000");
        await AssertPage($"http://{web.Get("NetworkSettings.IPAddress")}:8000/");
        // Until then it is another host's.
        await Assert.ThrowsAnyAsync<Exception>(() => s_http.GetStringAsync(url));
        Command.Shell($"ip address add {address}/32 dev lo").Exits(0);
        try
        {
            await AssertPage(url);
        }
        finally
        {
            Command.Shell($"ip address del {address}/32 dev lo").Exits(0);
        }
    }

    [Fact]
    public void Port_that_a_socket_has_on_an_address_to_come_is_taken()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(0, 15, BitConverter.GetBytes(1)); // SOL_IP, IP_FREEBIND
        socket.Bind(new IPEndPoint(IPAddress.Parse("203.0.113.8"), 0));
        socket.Listen();
        host.Run("run", "--rm", "-p", $"{socket.LocalEndPoint}:80", host.Busybox, "true")
            .FailsClearly(125, $"failed to bind host port {socket.LocalEndPoint}/tcp: address already in use");
    }

    [Fact]
    public async Task Port_can_be_chosen_by_the_engine()
    {
        using var web = Serve("-p", "8000");
        var port = (string?)web.Inspect()["NetworkSettings"]!["Ports"]!["8000/tcp"]![0]!["HostPort"];
        await AssertPage($"http://127.0.0.1:{port}/");
    }

    [Fact]
    public async Task Port_is_free_again_after_removal_and_works_again_after_a_restart()
    {
        var port = FreePort();
        using (var web = Serve("-p", $"{port}:8000"))
        {
            host.Run("stop", "-t", "0", web.Name).Exits(0);
            host.Run("start", web.Name).Exits(0);
            await AssertPage($"http://127.0.0.1:{port}/");
        }
        using var next = Serve("-p", $"{port}:8000");
        await AssertPage($"http://127.0.0.1:{port}/");
    }

    [Fact]
    public async Task Containers_reach_each_other_and_the_host()
    {
        using var web = Serve();
        var address = web.Get("NetworkSettings.IPAddress");
        await AssertPage($"http://{address}:8000/");
        Assert.Equal("page", host.Ask($"wget -qO- http://{address}:8000/"));

        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        var accepted = listener.AcceptTcpClientAsync();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var command = host.Start("run", "--rm", host.Busybox, "nc", HostAddress(), $"{port}");
        (await accepted.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
        command.Finish().Exits(0);
    }

    [Fact]
    public void Container_on_the_bridge_has_loopback_eth0_and_a_default_route()
    {
        var seen = host.Ask("ip -o addr; ip route");
        Assert.Contains("127.0.0.1/8", seen);
        Assert.Matches(@"eth0\s+inet \d+\.\d+\.\d+\.\d+/\d+", seen);
        Assert.Matches(@"default via \d+\.\d+\.\d+\.\d+ dev eth0", seen);
    }

    [Fact]
    public void Network_none_has_loopback_only()
    {
        Assert.Equal("lo", host.Ask("ls /sys/class/net | xargs", "--network", "none"));
        Assert.Contains("127.0.0.1", host.Ask("ip addr show lo", "--network=none"));
    }

    [Fact]
    public void Network_host_is_the_hosts_namespace() =>
        Assert.Equal(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name,
            host.Ask("readlink /proc/self/ns/net", "--network", "host"));

    [Fact]
    public async Task Network_of_another_container_is_shared()
    {
        using var web = Serve();
        await AssertPage($"http://{web.Get("NetworkSettings.IPAddress")}:8000/");
        Assert.Equal("page", host.Ask("wget -qO- http://127.0.0.1:8000/", "--network", $"container:{web.Name}"));
        Assert.Equal($"{web.Id[..12]} {web.Id[..12]} {web.Id[..12]}",
            host.Ask("echo $(hostname) $HOSTNAME $(cat /etc/hostname)", "--network", $"container:{web.Name}"));
    }

    [Fact]
    public void Network_ls_lists_the_default_networks()
    {
        var lines = host.Run("network", "ls").Exits(0).Lines;
        Assert.Matches(@"^NETWORK ID\s+NAME\s+DRIVER\s+SCOPE$", lines[0]);
        Assert.Contains(lines, line => line.Contains(" bridge "));
        Assert.Contains(lines, line => line.Contains(" host "));
        Assert.Contains(lines, line => line.Contains(" none "));
    }

    [Fact]
    public void Addresses_of_running_containers_differ()
    {
        using var one = host.Detached(host.Busybox, "sleep", "1000");
        using var two = host.Detached(host.Busybox, "sleep", "1000");
        Assert.NotEqual(one.Get("NetworkSettings.IPAddress"), two.Get("NetworkSettings.IPAddress"));
    }

    /// <summary>
    /// A port that nobody listens on, in either version of IP, and that no other test gets. The kernel gives none of
    /// these to clients (ip(7), ip_local_port_range).
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = 10_000 + (Interlocked.Increment(ref s_ports) % 8_000);
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
            {
                DualMode = true,
            };
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    private Container Serve(params string[] options) => host.Detached([.. options, host.Busybox, "sh", "-c",
        "mkdir /www; echo page > /www/index.html; exec httpd -f -p 8000 -h /www"]);

    private static string HostAddress() =>
        Command.Shell(
            "ip -o -4 addr show scope global dev $(ip route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p;q') "
            + "| sed -nE 's/.* inet ([0-9.]+).*/\\1/p' | head -n1")
            .Text();

    private static async Task AssertPage(string url)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Assert.Equal("page\n", await s_http.GetStringAsync(url));
                return;
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
            {
                // The server inside may not listen yet.
                Assert.True(clock.Elapsed.TotalSeconds < 30, $"{url}: {failure.Message}");
                await Task.Delay(50);
            }
        }
    }
}
