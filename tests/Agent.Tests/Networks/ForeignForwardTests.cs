using Skiff.Agent.Networks;
using Skiff.Interop.Netlink;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

/// <summary>iptables with the policy that dockerd and ufw set.</summary>
public sealed class ForeignForwardTests : IDisposable
{
    private readonly NetworkGround _ground = new();

    private string Chain => new NetworkNames(_ground.Roots).ForwardChain;

    private string Bridge => new NetworkNames(_ground.Roots).DefaultBridge;

    public void Dispose() => _ground.Dispose();

    [Fact]
    public void Containers_get_through_a_closed_chain_by_rules_that_iptables_lists()
    {
        Iptables("-P FORWARD DROP");
        using IDisposable outside = _ground.Outside.Serve(80);
        (NetworkRoom room, _) = _ground.Attach("0123456789ab", "8080:80");
        using IDisposable web = room.Serve(80);
        Assert.Equal(NetworkGround.HostAddress, room.Fetch("198.51.100.2", 80));
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Equal(
        [
            "-P INPUT ACCEPT", "-P FORWARD DROP", "-P OUTPUT ACCEPT", $"-N {Chain}", $"-A FORWARD -j {Chain}",
            $"-A {Chain} -i {Bridge} -j ACCEPT", $"-A {Chain} -o {Bridge} -j ACCEPT",
            $"-A {Chain} -i sk-+ -j ACCEPT", $"-A {Chain} -o sk-+ -j ACCEPT",
        ], Rules("iptables"));
        // What is listed can be saved and loaded again.
        _ground.Host.Do(() => FreshNetwork.Output("sh", "-c", "iptables-save | iptables-restore"));
        _ground.Attach("cdef01234567");
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        Assert.Single(Rules("iptables"), $"-A FORWARD -j {Chain}");
    }

    [Fact]
    public void What_somebody_forbids_before_stays_forbidden()
    {
        Iptables("-P FORWARD DROP");
        using IDisposable outside = _ground.Outside.Serve(80);
        (NetworkRoom room, _) = _ground.Attach("0123456789ab");
        Iptables("-I FORWARD -d 198.51.100.2 -j DROP");
        Assert.Equal("no answer", room.Fetch("198.51.100.2", 80));
        Iptables("-D FORWARD -d 198.51.100.2 -j DROP");
        Assert.Equal(NetworkGround.HostAddress, room.Fetch("198.51.100.2", 80));
    }

    [Fact]
    public void An_open_chain_is_left_alone()
    {
        Iptables("-P FORWARD ACCEPT");
        _ground.Attach("0123456789ab");
        Assert.DoesNotContain(Rules("iptables"), rule => rule.Contains(Chain));
    }

    [Fact]
    public void Networks_with_names_of_their_own_and_IPv6_get_through_too()
    {
        Iptables("-P FORWARD DROP");
        _ground.Host.Do(() => FreshNetwork.Output("ip6tables", "-P", "FORWARD", "DROP"));
        _ground.Host.Do(() => _ground.Module.Create(new NetworkRequest("blue")
        {
            HasIpv6 = true, Options = new() { ["com.docker.network.bridge.name"] = "br-blue" },
        }));
        _ground.Attach(_ground.NewRoom(), "0123456789ab", [new EndpointSettings("blue")]);
        foreach (string program in (string[])["iptables", "ip6tables"])
        {
            Assert.Contains($"-A {Chain} -i br-blue -j ACCEPT", Rules(program));
            Assert.Contains($"-A {Chain} -o br-blue -j ACCEPT", Rules(program));
            Assert.Contains($"-A FORWARD -j {Chain}", Rules(program));
        }
        // Another one later.
        _ground.Host.Do(() => _ground.Module.Create(new NetworkRequest("red")
        {
            Options = new() { ["com.docker.network.bridge.name"] = "br-red" },
        }));
        _ground.Attach(_ground.NewRoom(), "cdef01234567", [new EndpointSettings("red")]);
        Assert.Contains($"-A {Chain} -o br-red -j ACCEPT", Rules("iptables"));
        Assert.Single(Rules("iptables"), $"-A FORWARD -j {Chain}");
    }

    [Theory]
    [InlineData("-F")]
    [InlineData("-F FORWARD")]
    [InlineData("-F CHAIN")]
    [InlineData("-P FORWARD ACCEPT")]
    public void Rules_that_are_taken_out_are_put_back_by_who_watches_or_starts(string command)
    {
        Iptables("-P FORWARD DROP");
        (NetworkRoom room, _) = _ground.Attach("0123456789ab", "8080:80");
        using IDisposable web = room.Serve(80);
        string[] before = Rules("iptables");
        Change();
        _ground.Attach("cdef01234567");
        Assert.Equal(before, Rules("iptables"));

        var reports = new List<NetworkReport>();
        using NetworkWatch watch = _ground.Host.Do(() => _ground.Module.Watch(_ => true, reports.Add));
        _ground.Host.Do(watch.Look);
        Assert.False(_ground.Host.Do(watch.Take));
        Change();
        Assert.True(_ground.Host.Do(watch.Take));
        _ground.Host.Do(watch.Look);
        Assert.Equal(before, Rules("iptables"));
        Assert.Equal("198.51.100.2", _ground.Outside.Fetch(NetworkGround.HostAddress, 8080));
        if (!command.StartsWith("-P", StringComparison.Ordinal))
            Assert.Equal((NetworkChange.ForwardOpened, "filter"),
                Assert.Single(reports.Select(report => (report.Change, report.Table))));
        Assert.False(_ground.Host.Do(watch.Take));

        void Change()
        {
            Iptables(command.Replace("CHAIN", Chain));
            if (command.StartsWith("-P", StringComparison.Ordinal)) Iptables("-P FORWARD DROP");
        }
    }

    [Fact]
    public void Nothing_of_it_is_left_by_a_release()
    {
        Iptables("-P FORWARD DROP");
        string[] before = Rules("iptables");
        _ground.Attach("0123456789ab");
        Assert.NotEqual(before, Rules("iptables"));
        _ground.Host.Do(() => _ground.Module.Detach("0123456789ab", deleteLink: true));
        _ground.Host.Do(_ground.Module.RemoveAll);
        Assert.Equal(before, Rules("iptables"));
    }

    [Fact]
    public void Other_closed_chains_are_told_of_with_what_opens_them()
    {
        Iptables("-P FORWARD DROP");
        _ground.Attach("0123456789ab");
        Assert.Empty(_ground.Host.Do(_ground.Module.Warnings));
        Nft("add table inet fw; add chain inet fw pass { type filter hook forward priority 10; policy drop; }");
        Nft("add table inet firewalld; add chain inet firewalld filter_FORWARD "
            + "{ type filter hook forward priority 10; policy accept; }");
        IReadOnlyList<string> warnings = _ground.Host.Do(_ground.Module.Warnings);
        Assert.Equal(2, warnings.Count);
        Assert.Contains(warnings, text => text.Contains(
            $"firewall-cmd --permanent --zone=trusted --add-interface={Bridge} --add-interface=sk-+ "
            + "&& firewall-cmd --reload"));
        string opening = warnings.Single(text => text.StartsWith("chain pass of table inet fw ")).Split("told: ")[1];
        Assert.StartsWith("nft insert rule inet fw pass iifname ", opening);
        // What it says works, and ends the warning.
        using IDisposable outside = _ground.Outside.Serve(80);
        (NetworkRoom room, _) = _ground.Attach("cdef01234567");
        Assert.Equal("no answer", room.Fetch("198.51.100.2", 80));
        _ground.Host.Do(() => FreshNetwork.Output("sh", "-c", opening));
        Assert.Equal(NetworkGround.HostAddress, room.Fetch("198.51.100.2", 80));
        Assert.Single(_ground.Host.Do(_ground.Module.Warnings));
    }

    [Fact]
    public void Sysctls_that_were_changed_are_remembered()
    {
        _ground.Host.Do(() => _ground.Module.Create(new NetworkRequest("blue") { HasIpv6 = true }));
        Assert.Empty(_ground.Module.SysctlChanges());
        _ground.Host.Do(() => File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "0"));
        _ground.Attach(_ground.NewRoom(), "0123456789ab", [new EndpointSettings("blue")]);
        Assert.Equal(new SysctlChange("net.ipv4.ip_forward", "0", "1"), _ground.Module.SysctlChanges()[0]);
        Assert.Contains(new SysctlChange("net.ipv6.conf.all.forwarding", "0", "1"), _ground.Module.SysctlChanges());
        Assert.Contains(new SysctlChange("net.ipv6.conf.eth0.accept_ra", "1", "2"), _ground.Module.SysctlChanges());
        int count = _ground.Module.SysctlChanges().Count;
        _ground.Attach("cdef01234567");
        Assert.Equal(count, _ground.Module.SysctlChanges().Count);
    }

    private void Iptables(string arguments) =>
        _ground.Host.Do(() => FreshNetwork.Output("iptables", arguments.Split(' ')));

    private void Nft(string command) => _ground.Host.Do(() => FreshNetwork.Output("nft", command));

    private string[] Rules(string program) => _ground.Host.Do(() =>
        FreshNetwork.Output(program, "-S").Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
