using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Tests.Networks;

public class PortMappingTests
{
    [Theory]
    [InlineData("80", "0.0.0.0:0->80/tcp")]
    [InlineData("8080:80", "0.0.0.0:8080->80/tcp")]
    [InlineData("8080:80/UDP", "0.0.0.0:8080->80/udp")]
    [InlineData("8080:80/sctp", "0.0.0.0:8080->80/sctp")]
    [InlineData(":80", "0.0.0.0:0->80/tcp")]
    [InlineData("127.0.0.1:8080:80", "127.0.0.1:8080->80/tcp")]
    [InlineData("127.0.0.1::80", "127.0.0.1:0->80/tcp")]
    [InlineData("[::1]:8080:80", "[::1]:8080->80/tcp")]
    [InlineData("[2001:db8::1]::80/tcp", "[2001:db8::1]:0->80/tcp")]
    [InlineData("80-82", "0.0.0.0:0->80/tcp 0.0.0.0:0->81/tcp 0.0.0.0:0->82/tcp")]
    [InlineData("8080-8081:80-81", "0.0.0.0:8080->80/tcp 0.0.0.0:8081->81/tcp")]
    [InlineData("10.0.0.1:1-2:3-4/udp", "10.0.0.1:1->3/udp 10.0.0.1:2->4/udp")]
    public void Values_of_publish_read_as_Docker_reads_them(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', PortMapping.Parse(text)));

    [Fact]
    public void A_host_range_for_one_container_port_is_a_choice()
    {
        PortMapping mapping = Assert.Single(PortMapping.Parse("8000-8010:80"));
        Assert.Equal((8000, 8010), (mapping.HostPort, mapping.HostPortEnd));
    }

    [Theory]
    [InlineData("", "no port specified: <empty>")]
    [InlineData("8080:", "no port specified: 8080:<empty>")]
    [InlineData("foo", "invalid containerPort: foo")]
    [InlineData("0", "invalid containerPort: 0")]
    [InlineData("65536", "invalid containerPort: 65536")]
    [InlineData("90-80", "invalid containerPort: 90-80")]
    [InlineData("+80", "invalid containerPort: +80")]
    [InlineData("x:80", "invalid hostPort: x")]
    [InlineData("80:80/icmp", "invalid proto: icmp")]
    [InlineData("1.2.3:80:80", "invalid IP address: 1.2.3")]
    [InlineData("localhost:80:80", "invalid IP address: localhost")]
    [InlineData("::1:80:80", "invalid IP address: ::1")]
    [InlineData("1-3:80-81", "invalid ranges specified for container and host Ports: 80-81 and 1-3")]
    public void Bad_values_are_named_in_Dockers_words(string text, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => PortMapping.Parse(text)).Message);

    [Theory]
    [InlineData("", NetworkModeKind.Network, "bridge", "bridge")]
    [InlineData("default", NetworkModeKind.Network, "bridge", "bridge")]
    [InlineData("bridge", NetworkModeKind.Network, "bridge", "bridge")]
    [InlineData("host", NetworkModeKind.Host, "", "host")]
    [InlineData("none", NetworkModeKind.None, "", "none")]
    [InlineData("container:web", NetworkModeKind.Container, "web", "container:web")]
    [InlineData("backend", NetworkModeKind.Network, "backend", "backend")]
    public void Network_modes_read_as_Docker_reads_them(string text, object kind, string name, string shown)
    {
        var mode = NetworkMode.Parse(text);
        Assert.Equal((kind, name, shown), (mode.Kind, mode.Name, mode.ToString()));
    }

    [Fact]
    public void Container_mode_needs_a_container() =>
        Assert.Throws<UsageException>(() => NetworkMode.Parse("container:"));
}
