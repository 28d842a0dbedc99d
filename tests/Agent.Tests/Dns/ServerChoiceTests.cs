using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Dns;
using Skiff.Agent.Networks;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Dns;

/// <summary>Which servers are asked, and from where; and questions that come back.</summary>
public class ServerChoiceTests
{
    private const string First = "127.1.0.1", Second = "127.1.0.2";

    [Theory]
    [InlineData("nameserver 192.0.2.1", "192.0.2.1")]
    [InlineData("nameserver 192.0.2.1\nnameserver 192.0.2.2\n", "192.0.2.1 192.0.2.2")]
    [InlineData("  nameserver\t 192.0.2.1 \r\n", "192.0.2.1")]
    [InlineData("nameserver 192.0.2.1 # first\nnameserver 192.0.2.2;x", "192.0.2.1 192.0.2.2")]
    [InlineData("#nameserver 192.0.2.1\n;nameserver 192.0.2.2\n", "8.8.8.8 8.8.4.4")]
    [InlineData("nameserver\nnameserver x\nnameserver 1.2.3.4.5\nnameservers 1.2.3.4\n", "8.8.8.8 8.8.4.4")]
    [InlineData("nameserver fe80::1%1\nnameserver 2001:db8::1", "fe80::1%1 2001:db8::1")]
    [InlineData("nameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 2.2.2.2", "1.1.1.1 2.2.2.2")]
    [InlineData("nameserver 1.0.0.1\nnameserver 1.0.0.2\nnameserver 1.0.0.3\nnameserver 1.0.0.4",
        "1.0.0.1 1.0.0.2 1.0.0.3")]
    [InlineData("nameserver 127.0.0.53", "127.0.0.53")]
    [InlineData("nameserver 127.0.0.11\nnameserver 192.0.2.1", "192.0.2.1")]
    [InlineData("nameserver 127.0.0.11", "127.0.0.11")]
    [InlineData("search x\noptions ndots:5\n", "8.8.8.8 8.8.4.4")]
    [InlineData("", "8.8.8.8 8.8.4.4")]
    public void Hosts_file_names_servers(string content, string servers)
    {
        using var directory = new ScratchDirectory();
        string path = Path.Combine(directory.Path, "resolv.conf");
        File.WriteAllText(path, content);
        var chosen = new UpstreamServers(new DnsOptions { ResolvConf = path });
        Assert.Equal(servers, string.Join(' ', chosen.Current(inside: false, 0, out _).Select(a => a.ToString())));
    }

    [Theory]
    [InlineData("nameserver 127.0.0.53\nnameserver 127.0.0.11\nnameserver 192.0.2.1", "192.0.2.1")]
    [InlineData("nameserver 127.0.0.11", "")]
    public void From_inside_the_hosts_loopback_is_not_asked(string content, string servers)
    {
        using var directory = new ScratchDirectory();
        string path = Path.Combine(directory.Path, "resolv.conf");
        File.WriteAllText(path, content);
        var chosen = new UpstreamServers(new DnsOptions { ResolvConf = path });
        Assert.Equal(servers, string.Join(' ', chosen.Current(inside: true, 0, out _).Select(a => a.ToString())));
    }

    [Fact]
    public void Hosts_servers_are_followed_when_they_change()
    {
        using var directory = new ScratchDirectory();
        string path = Path.Combine(directory.Path, "resolv.conf");
        File.WriteAllText(path, $"nameserver {First}\n");
        DnsGround.Run(new DnsOptions { ResolvConf = path, Fallback = [] }, new FakeNames(), ground =>
        {
            using var one = new FakeServer(First, q => q.Addresses(300, "192.0.2.1"));
            using var other = new FakeServer(Second, q => q.Addresses(300, "192.0.2.2"));
            Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
            // By renaming, as NetworkManager and others do.
            File.WriteAllText(path + ".new", $"nameserver {Second}\n");
            File.Move(path + ".new", path, overwrite: true);
            Thread.Sleep(1100);
            Assert.Equal(["192.0.2.2"], ground.Short("x.example"));
            // Without any, what is remembered has to do.
            File.WriteAllText(path, "");
            Thread.Sleep(1100);
            Assert.Equal(["192.0.2.2"], ground.Short("x.example"));
            Assert.Contains("status: SERVFAIL", ground.Dig("y.example"));
            File.Delete(path);
            Thread.Sleep(1100);
            Assert.Contains("status: SERVFAIL", ground.Dig("y.example"));
            File.WriteAllText(path, $"nameserver {First}\n");
            Thread.Sleep(1100);
            Assert.Equal(["192.0.2.1"], ground.Short("y.example"));
        });
    }

    [Fact]
    public void On_internal_networks_servers_are_asked_from_inside()
    {
        var names = new FakeNames();
        DnsGround.Run(new DnsOptions { Servers = [IPAddress.Parse(First)] }, names, ground =>
        {
            using var host = new FakeServer(First, q => q.Addresses(0, "192.0.2.1"));
            Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
            names.ReachesOutside = false;
            var watch = Stopwatch.StartNew();
            Assert.Contains("status: SERVFAIL", ground.Dig("x.example"));
            Assert.InRange(watch.ElapsedMilliseconds, 0, 4000);
            using var inside = ground.InContainer(() => new FakeServer(First, q => q.Addresses(0, "10.0.0.1")));
            Assert.Equal(["10.0.0.1"], ground.Short("x.example"));
            Assert.Equal((1, 1), (host.UdpCount, inside.UdpCount));
            // The thread is back where it was.
            names.ReachesOutside = true;
            Assert.Equal(["192.0.2.1"], ground.Short("x.example"));
        });
    }

    [Fact]
    public void Servers_without_a_route_fail_at_once() => DnsGround.Run(
        new DnsOptions { Servers = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")] }, new FakeNames(),
        ground =>
        {
            var watch = Stopwatch.StartNew();
            Assert.Contains("status: SERVFAIL", ground.Dig("x.example"));
            Assert.InRange(watch.ElapsedMilliseconds, 0, 4000);
        });

    [Fact]
    public void Question_that_comes_back_is_refused_and_another_server_is_asked() => DnsGround.Run(
        new DnsOptions { Servers = [IPAddress.Parse(First), IPAddress.Parse(Second)] }, new FakeNames(), ground =>
        {
            // A forwarder on the host whose server is a container that asks us, such as a filter in a container.
            using var back = ground.InContainer(() =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Connect(new IPEndPoint(IPAddress.Parse("127.0.0.11"), 53));
                return socket;
            });
            back.ReceiveTimeout = 10_000;
            using var looping = new FakeServer(First, q =>
            {
                lock (back)
                {
                    byte[] message = [(byte)(q.Message[0] ^ 0x55), .. q.Message[1..]], buffer = new byte[1500];
                    back.Send(message);
                    int count = back.Receive(buffer);
                    buffer[0] ^= 0x55;
                    return buffer[..count];
                }
            });
            var watch = Stopwatch.StartNew();
            Assert.Contains("status: REFUSED", ground.Dig("looping.example"));
            Assert.InRange(watch.ElapsedMilliseconds, 0, 4000);
            Assert.Equal(1, looping.UdpCount);
            using var other = new FakeServer(Second, q => q.Addresses(0, "192.0.2.2"));
            Assert.Equal(["192.0.2.2"], ground.Short("looping.example"));
        });

    [Fact]
    public void Single_labels_stay_here_when_told_so() => DnsGround.Run(
        new DnsOptions { Servers = [IPAddress.Parse(First)], KeepSingleLabels = true },
        new FakeNames().Add("web", "172.18.0.2"), ground =>
        {
            using var server = new FakeServer(First, q => q.Addresses(0, "192.0.2.1"));
            Assert.Equal(["172.18.0.2"], ground.Short("web"));
            string output = ground.Dig("other");
            Assert.Contains("status: NOERROR", output);
            Assert.Contains("ANSWER: 0,", output);
            Assert.Equal(["192.0.2.1"], ground.Short("other.example"));
            Assert.Equal(["192.0.2.1"], ground.Short("other", "TXT"));
            Assert.Equal(2, server.UdpCount);
        });

    [Fact]
    public void Programs_find_names_by_the_C_library_and_search_domains()
    {
        using var directory = new ScratchDirectory();
        string path = Path.Combine(directory.Path, "resolv.conf");
        File.WriteAllText(path,
            ResolvConf.Build("", ["127.0.0.11"], ["corp.example", "other.example"], ["ndots:0"]));
        DnsGround.Run(new DnsOptions { Servers = [IPAddress.Parse(First)] },
            new FakeNames().Add("web", "172.18.0.2").AddReverse("172.18.0.2", "web.mynet"), ground =>
            {
                using var server = new FakeServer(First, q =>
                    q.Name.Equals("files.other.example", StringComparison.OrdinalIgnoreCase) && q.Type == 1
                        ? q.Addresses(60, "192.0.2.7") : q.Reply(3));
                string Ask(string database, string name) => ground.Inside("unshare", "--mount", "sh", "-c",
                    $"mount --bind {path} /etc/resolv.conf && getent {database} {name}");
                Assert.Matches(@"^172\.18\.0\.2\s+web\n", Ask("hosts", "web"));
                // Of IPv6 there is nothing, so the library looks on; but never for the name itself.
                Assert.DoesNotContain("web", server.Questions.Select(q => q.Name.ToLowerInvariant()));
                Assert.Matches(@"^172\.18\.0\.2\s+web\.mynet\n", Ask("hosts", "172.18.0.2"));
                Assert.Matches(@"^192\.0\.2\.7\s+files\.other\.example\n", Ask("hosts", "files"));
                string asked = string.Join(' ', server.Questions.Where(q => q.Type == 1)
                    .Select(q => q.Name.ToLowerInvariant()));
                Assert.Equal("files files.corp.example files.other.example", asked);
            });
    }
}
