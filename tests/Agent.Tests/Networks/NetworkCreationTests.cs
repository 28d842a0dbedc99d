using System.Net;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Tests.Networks;

public class NetworkCreationTests
{
    private static readonly NetworkRecord s_other = new()
    {
        Id = new string('a', 64), Name = "other", Driver = "bridge",
        Pools = [AddressPool.Of(IPNetwork.Parse("172.18.0.0/24"))],
    };

    [Theory]
    [InlineData("10.0.0.0", "invalid subnet 10.0.0.0: it has to be an address with its prefix")]
    [InlineData("10.0.0.0/33", "invalid subnet 10.0.0.0/33: it has to be an address with its prefix")]
    [InlineData("10.0.0/24", "invalid subnet 10.0.0/24: it has to be an address with its prefix")]
    [InlineData("010.0.0.0/24", "invalid subnet 010.0.0.0/24: it has to be an address with its prefix")]
    [InlineData("10.0.0.1/24", "invalid subnet 10.0.0.1/24: it should be 10.0.0.0/24")]
    [InlineData("fd00::1/64", "invalid subnet fd00::1/64: it should be fd00::/64")]
    [InlineData("0.0.0.0/0", "invalid subnet 0.0.0.0/0: it is not for hosts")]
    [InlineData("224.0.0.0/24", "invalid subnet 224.0.0.0/24: it is not for hosts")]
    [InlineData("ff02::/64", "invalid subnet ff02::/64: it is not for hosts")]
    [InlineData("172.18.0.0/16", "invalid pool request: Pool overlaps with other one on this address space")]
    [InlineData("192.0.2.128/25", "subnet 192.0.2.128/25 overlaps with a route or address of the host")]
    public void Subnets_that_cannot_be_are_refused(string subnet, string message) =>
        AssertRefused(new NetworkRequest("n") { Subnets = [subnet] }, message);

    [Fact]
    public void What_fits_into_no_subnet_is_refused()
    {
        AssertRefused(new NetworkRequest("n") { Gateways = ["10.0.0.1"] },
            "every ip-range or gateway must have a corresponding subnet");
        AssertRefused(new NetworkRequest("n") { Ranges = ["10.0.0.0/25"] },
            "every ip-range or gateway must have a corresponding subnet");
        var one = new NetworkRequest("n") { Subnets = ["10.0.0.0/24"] };
        AssertRefused(one with { Gateways = ["10.0.1.1"] }, "no matching subnet for gateway 10.0.1.1");
        AssertRefused(one with { Gateways = ["x"] }, "invalid gateway x: it is no IP address");
        AssertRefused(one with { Ranges = ["10.0.1.0/25"] }, "no matching subnet for range 10.0.1.0/25");
        AssertRefused(one with { Ranges = ["10.0.0.0/16"] }, "no matching subnet for range 10.0.0.0/16");
        AssertRefused(one with { Auxiliary = new() { ["a"] = "10.0.1.1" } },
            "no matching subnet for aux-address 10.0.1.1");
        var two = one with { Subnets = ["10.0.0.0/24", "10.0.1.0/24"] };
        AssertRefused(two with { Gateways = ["10.0.0.1", "10.0.0.2"] },
            "cannot configure multiple gateways (10.0.0.2, 10.0.0.1) for the same subnet (10.0.0.0/24)");
        AssertRefused(two with { Ranges = ["10.0.0.0/25", "10.0.0.128/25"] },
            "cannot configure multiple ranges (10.0.0.128/25, 10.0.0.0/25) on the same subnet (10.0.0.0/24)");
        AssertRefused(two with { Subnets = ["10.0.0.0/24", "10.0.0.0/25"] },
            "multiple overlapping subnet configuration is not supported");
        AssertRefused(one with { HasIpv4 = false, HasIpv6 = true },
            "subnet 10.0.0.0/24 is given, but IPv4 is disabled for the network");
        AssertRefused(new NetworkRequest("n") { HasIpv4 = false, HasIpv6 = false },
            "IPv4 or IPv6 must be enabled");
    }

    [Theory]
    [InlineData("bridge", "operation is not permitted on predefined bridge network")]
    [InlineData("none", "operation is not permitted on predefined none network")]
    [InlineData("", "invalid network name \"\"")]
    [InlineData("a/b", "invalid network name \"a/b\"")]
    [InlineData("..", "invalid network name \"..\"")]
    [InlineData("-a", "invalid network name \"-a\"")]
    public void Names_that_cannot_be_are_refused(string name, string message) =>
        AssertRefused(new NetworkRequest(name), message);

    [Theory]
    [InlineData("overlay", "driver overlay is not supported: it belongs to swarms")]
    [InlineData("host", "only one instance of \"host\" network is allowed")]
    [InlineData("nope", "error looking up network plugin nope: plugin \"nope\" not found")]
    public void Drivers_that_are_not_there_are_refused(string driver, string message) =>
        AssertRefused(new NetworkRequest("n") { Driver = driver }, message);

    [Theory]
    [InlineData("com.docker.network.driver.mtu", "67", "(from 68 to 65535)")]
    [InlineData("com.docker.network.driver.mtu", "x", "invalid value for com.docker.network.driver.mtu: \"x\"")]
    [InlineData("com.docker.network.bridge.name", "sixteen-letters-",
        "invalid value for com.docker.network.bridge.name: \"sixteen-letters-\"")]
    [InlineData("com.docker.network.bridge.name", "a/b", "invalid value for com.docker.network.bridge.name: \"a/b\"")]
    [InlineData("com.docker.network.bridge.enable_icc", "maybe", "invalid value for")]
    [InlineData("com.docker.network.bridge.host_binding_ipv4", "::1", "invalid value for")]
    [InlineData("com.docker.network.bridge.gateway_mode_ipv4", "open", "invalid value for")]
    [InlineData("com.docker.network.bridge.gateway_mode_ipv4", "isolated", "can only be used for an internal network")]
    [InlineData("com.docker.network.bridge.icc", "true",
        "unknown option for the bridge driver: com.docker.network.bridge.icc")]
    public void Options_that_are_unknown_or_senseless_are_refused(string key, string value, string message) =>
        AssertRefused(new NetworkRequest("n") { Options = new() { [key] = value } }, message);

    [Fact]
    public void A_chosen_subnet_touches_nothing_that_is_used()
    {
        var used = new List<IPNetwork> { IPNetwork.Parse("172.16.0.0/13"), IPNetwork.Parse("172.24.0.77/32") };
        Assert.Equal("172.24.1.0/24", $"{SubnetPool.ChooseForUser(used)}");
        used.Add(IPNetwork.Parse("172.16.0.0/12"));
        Assert.Equal("192.168.0.0/24", $"{SubnetPool.ChooseForUser(used)}");
        used.Add(IPNetwork.Parse("192.168.0.0/16"));
        Assert.Equal("10.192.0.0/24", $"{SubnetPool.ChooseForUser(used)}");
        used.Add(IPNetwork.Parse("10.0.0.0/8"));
        Assert.StartsWith("all predefined address pools have been fully subnetted; remove networks",
            Assert.Throws<UsageException>(() => SubnetPool.ChooseForUser(used)).Message);
    }

    [Fact]
    public void Thousands_of_networks_find_room()
    {
        var used = new List<IPNetwork>();
        for (int i = 0; i < 4_200; i++) used.Add(SubnetPool.ChooseForUser(used));
        Assert.Equal(4_200, used.Distinct().Count());
    }

    [Fact]
    public void Networks_that_reach_to_the_last_address_are_passed_by()
    {
        var used = new List<IPNetwork> { IPNetwork.Parse("224.0.0.0/3"), IPNetwork.Parse("0.0.0.0/2") };
        Assert.Equal("172.18.0.0/24", $"{SubnetPool.ChooseForUser(used)}");
        used.Add(IPNetwork.Parse("128.0.0.0/1"));
        Assert.Throws<UsageException>(() => SubnetPool.ChooseForUser(used));
    }

    [Fact]
    public void A_record_survives_writing_and_reading()
    {
        NetworkRecord record = NetworkCreation.Plan(new NetworkRequest("n")
        {
            IsInternal = true, IsAttachable = true, Subnets = ["10.0.0.0/24", "fd00::/64"], Ranges = ["10.0.0.0/25"],
            Auxiliary = new() { ["a"] = "10.0.0.9" }, Labels = new() { ["l"] = "m" },
            Options = new() { ["com.docker.network.driver.mtu"] = "1400" },
        }, [], []) with { IsBridgeForeign = true, IsSubnetChosen = true };
        string json = Encoding.UTF8.GetString(record.ToJson().Span);
        Assert.Equal(json, Encoding.UTF8.GetString(NetworkRecord.FromJson(record.ToJson().Span).ToJson().Span));
        foreach (string part in (string[])["10.0.0.0/25", "10.0.0.9", "fd00::1", "isInternal", "isBridgeForeign",
            "isAttachable", "isSubnetChosen", "\"l\":\"m\"", "1400"]) Assert.Contains(part, json);
    }

    private static void AssertRefused(NetworkRequest request, string message) => Assert.Contains(message,
        Assert.Throws<UsageException>(() => NetworkCreation.Plan(
            request, [IPNetwork.Parse("192.0.2.0/24")], [s_other])).Message);
}
