using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

/// <summary>io.skiff.publish.allow: who may reach a network's containers from outside.</summary>
public sealed class AllowListTests : IDisposable
{
    private readonly NetworkGround _ground = new();

    public void Dispose() => _ground.Dispose();

    [Theory]
    [InlineData("198.51.100.0/24", true)]
    [InlineData("198.51.100.2", true)]
    [InlineData("203.0.113.0/24,198.51.100.2/32,198.51.100.0/25,198.51.100.2", true)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("203.0.113.0/24", false)]
    [InlineData("198.51.100.3/32,198.51.100.128/25", false)]
    [InlineData("2001:db8::/32", false)]
    public void Published_ports_answer_those_who_are_on_the_list(string list, bool isAllowed)
    {
        NetworkRoom room = Start("blue", list, "8080:80", "cdef01234567");
        using IDisposable web = room.Serve(80);
        Assert.Equal(isAllowed ? "198.51.100.2" : "no answer", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        // The host itself may, and containers of the same network.
        Assert.NotEqual("no answer", _ground.Host.Fetch("127.0.0.1", 8080));
        NetworkRoom beside = _ground.NewRoom();
        _ground.Attach(beside, "ef0123456789", [new EndpointSettings("blue")]);
        Assert.NotEqual("no answer", beside.Fetch($"{_ground.Module.EndpointsOf("cdef01234567")[0].Address}", 80));
        // Other networks have nothing to do with it.
        (NetworkRoom other, _) = _ground.Attach("0123456789ab", "8081:80");
        using IDisposable second = other.Serve(80);
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8081));
    }

    [Fact]
    public void A_list_belongs_to_its_network_and_goes_with_it()
    {
        Start("blue", "203.0.113.0/24,2001:db8::/32", "8080:80", "cdef01234567");
        using IDisposable web = Start("red", "198.51.100.0/24", "8081:80", "ef0123456789").Serve(80);
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8081));
        Assert.Equal(2, _ground.Elements("restricted").Length);
        Assert.Equal(2, _ground.Elements("allowed").Length);
        Assert.EndsWith(" . 2001:db8::/32", Assert.Single(_ground.Elements("allowed6")));
        // The table as it is made anew has them too.
        string[] before = _ground.Elements("allowed");
        _ground.Host.Do(() => FreshNetwork.Output("nft", "flush", "ruleset"));
        _ground.Attach("0123456789ab");
        Assert.Equal(before, _ground.Elements("allowed"));
        foreach ((string id, string name) in new[] { ("cdef01234567", "blue"), ("ef0123456789", "red") })
        {
            _ground.Host.Do(() => _ground.Module.Detach(id, deleteLink: true));
            _ground.Host.Do(() => _ground.Module.Remove(_ground.Module.Get(name)));
        }
        Assert.Empty(_ground.Elements("restricted"));
        Assert.Empty(_ground.Elements("allowed"));
        Assert.Empty(_ground.Elements("allowed6"));
    }

    [Theory]
    [InlineData("", "\"\" is no address or subnet")]
    [InlineData("198.51.100.0/24,everyone", "\"everyone\" is no address or subnet")]
    [InlineData("198.51.100.0/33", "\"198.51.100.0/33\" is no address or subnet")]
    [InlineData("198.51.100.7/24", "\"198.51.100.7/24\" should be 198.51.100.0/24")]
    public void What_is_no_list_is_refused_by_name(string list, string message) => Assert.Contains(
        $"invalid value for io.skiff.publish.allow: {message}", Assert.Throws<UsageException>(() =>
            _ground.Host.Do(() => _ground.Module.Create(Request("blue", list)))).Message);

    private NetworkRoom Start(string network, string list, string port, string id)
    {
        _ground.Host.Do(() => _ground.Module.Create(Request(network, list)));
        NetworkRoom room = _ground.NewRoom();
        _ground.Attach(room, id, [new EndpointSettings(network)], port);
        return room;
    }

    private static NetworkRequest Request(string name, string list) =>
        new(name) { Options = new() { ["io.skiff.publish.allow"] = list } };
}
