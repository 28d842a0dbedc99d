using System.Net;
using Skiff.Agent.Monitor.Proxy;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Tests.Monitor.Proxy;

/// <summary>Which published ports are on the host's [::1] by the monitor.</summary>
public class ProxiedPortTests
{
    [Theory]
    [InlineData("8080:80", "172.18.0.2", null, "8080 172.18.0.2 80")]
    [InlineData("8080:80 [::]:8080:80", "172.18.0.2", "fd00::2", "8080 fd00::2 80 asked")]
    [InlineData("[::]:8080:80 8080:80", "172.18.0.2", "fd00::2", "8080 fd00::2 80 asked")]
    [InlineData("[::1]:8080:80", "172.18.0.2", "fd00::2", "8080 fd00::2 80 asked")]
    [InlineData("127.0.0.1:8080:80", "172.18.0.2", "fd00::2", "")]
    [InlineData("192.0.2.1:8080:80", "172.18.0.2", null, "")]
    [InlineData("[2001:db8::1]:8080:80", "172.18.0.2", "fd00::2", "")]
    [InlineData("8080:80/udp", "172.18.0.2", "fd00::2", "")]
    [InlineData("8080:80/sctp", "172.18.0.2", "fd00::2", "")]
    [InlineData("8080:80 8081:80 8082:81/udp", "172.18.0.2", null, "8080 172.18.0.2 80, 8081 172.18.0.2 80")]
    public void Those_of_TCP_that_are_on_all_addresses_or_on_this_one(
        string ports, string? address, string? address6, string expected)
    {
        var end = new Endpoint
        {
            ContainerId = "c", NetworkId = "n", NetworkName = "blue", HostVeth = "v",
            Address = address is null ? null : IPAddress.Parse(address),
            Ipv6Address = address6 is null ? null : IPAddress.Parse(address6),
            Ports = [.. ports.Split(' ').SelectMany(PortMapping.Parse)],
        };
        Assert.Equal(expected, string.Join(", ", ProxiedPort.Of([end]).Select(port =>
            $"{port.HostPort} {port.Address} {port.ContainerPort}{(port.IsAsked ? " asked" : "")}")));
    }

    [Fact]
    public void A_port_of_the_containers_own_address_is_none() => Assert.Empty(ProxiedPort.Of([new Endpoint
    {
        ContainerId = "c", NetworkId = "n", NetworkName = "blue", HostVeth = "v", Address = IPAddress.Parse("10.0.0.2"),
        Ports = [new PortMapping(PortProtocol.Tcp, 80, IPAddress.Any, 0, 0)],
    }]));
}
