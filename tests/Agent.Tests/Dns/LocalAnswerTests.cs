using Skiff.Agent.Dns;

namespace Skiff.Agent.Tests.Dns;

/// <summary>Names of containers, asked with dig over the real address and port.</summary>
public class LocalAnswerTests
{
    // Nobody is there to ask.
    private static readonly DnsOptions s_alone = new() { Servers = [System.Net.IPAddress.Parse("127.9.9.9")] };

    private static FakeNames Names() => new FakeNames()
        .Add("web", "172.18.0.2").Add("web.mynet", "172.18.0.2").Add("0123456789ab", "172.18.0.2")
        .Add("dual", "172.18.0.3", "fd00::3").Add("api", "172.18.0.4", "172.18.0.5", "172.18.0.6", "172.18.0.7")
        .Add("my_app-1.2", "172.18.0.9")
        .AddReverse("172.18.0.2", "web.mynet").AddReverse("fd00::3", "dual.mynet");

    [Fact]
    public void Names_of_all_kinds_have_addresses() => DnsGround.Run(s_alone, Names(), ground =>
    {
        Assert.True(ground.Server.IsSteered);
        Assert.Equal(["172.18.0.2"], ground.Short("web"));
        Assert.Equal(["172.18.0.2"], ground.Short("WeB"));
        Assert.Equal(["172.18.0.2"], ground.Short("web.mynet."));
        Assert.Equal(["172.18.0.2"], ground.Short("0123456789ab"));
        Assert.Equal(["172.18.0.9"], ground.Short("my_app-1.2"));
        Assert.Equal(["172.18.0.3"], ground.Short("dual"));
        Assert.Equal(["fd00::3"], ground.Short("dual", "AAAA"));
        Assert.Equal(["172.18.0.2"], ground.Short("+tcp", "web"));
        Assert.Equal(["172.18.0.2"], ground.Short("+noedns", "web"));
        Assert.Equal(["172.18.0.2"], ground.Short("-b", "127.0.0.1#4053", "web"));
    });

    [Fact]
    public void Known_name_without_such_records_is_answered_empty_and_nobody_else_is_asked() =>
        DnsGround.Run(s_alone, Names(), ground =>
        {
            foreach (string type in (string[])["AAAA", "MX", "TXT", "SRV", "CNAME"])
            {
                string output = ground.Dig("web", type);
                Assert.Contains("status: NOERROR", output);
                Assert.Contains("ANSWER: 0,", output);
            }
            Assert.Contains("status: SERVFAIL", ground.Dig("webb"));
        });

    [Fact]
    public void Addresses_have_names() => DnsGround.Run(s_alone, Names(), ground =>
    {
        Assert.Equal(["web.mynet."], ground.Short("-x", "172.18.0.2"));
        Assert.Equal(["dual.mynet."], ground.Short("-x", "fd00::3"));
        Assert.Contains("status: SERVFAIL", ground.Dig("-x", "172.18.0.3"));
    });

    [Fact]
    public void Answer_looks_like_Dockers() => DnsGround.Run(s_alone, Names(), ground =>
    {
        string output = ground.Dig("+qr", "WEB");
        Assert.Contains("flags: qr rd ra;", output);
        Assert.Matches(@"\nWEB\.\s+600\s+IN\s+A\s+172\.18\.0\.2\n", output);
        Assert.Contains("EDNS: version: 0, flags:; udp: 1232", output);
        Assert.Contains("SERVER: 127.0.0.11#53(127.0.0.11)", output);
        Assert.DoesNotContain("OPT PSEUDOSECTION", ground.Dig("+noedns", "web"));
        Assert.Contains("flags: do;", ground.Dig("+dnssec", "web"));
    });

    [Fact]
    public void Several_addresses_come_in_any_order() => DnsGround.Run(s_alone, Names(), ground =>
    {
        var orders = new HashSet<string>();
        for (int i = 0; i < 40; i++)
        {
            string[] lines = ground.Dig("+short", "api").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(["172.18.0.4", "172.18.0.5", "172.18.0.6", "172.18.0.7"], lines.Order());
            orders.Add(string.Join(' ', lines));
        }
        Assert.True(orders.Count >= 8, $"{orders.Count} of 24 orders");
        Assert.True(orders.Select(order => order.Split(' ')[0]).Distinct().Count() == 4, "each comes first some time");
    });

    [Fact]
    public void Answer_that_does_not_fit_says_so_and_comes_whole_by_tcp()
    {
        string[] many = [.. Enumerable.Range(0, 100).Select(i => $"10.0.{i}.1")];
        DnsGround.Run(s_alone, new FakeNames().Add("many", many), ground =>
        {
            // 512 bytes: 22 of header and question, 16 for each.
            Assert.Matches("flags: qr tc rd ra;.* ANSWER: 30,", ground.Dig("+noedns", "+ignore", "many"));
            Assert.Matches("flags: qr tc rd ra;.* ANSWER: 29,", ground.Dig("+bufsize=100", "+ignore", "many"));
            // The pseudo-record takes 11.
            Assert.Matches("flags: qr tc rd ra;.* ANSWER: 60,", ground.Dig("+bufsize=1000", "+ignore", "many"));
            Assert.Matches("flags: qr tc rd ra;.* ANSWER: 74,", ground.Dig("+bufsize=1232", "+ignore", "many"));
            Assert.Matches("flags: qr rd ra;.* ANSWER: 100,", ground.Dig("+bufsize=4096", "+ignore", "many"));
            string whole = ground.Dig("many");
            Assert.Contains("(TCP)", whole);
            Assert.Equal(many.Order(), ground.Short("many"));
        });
    }

    [Fact]
    public void Every_error_has_its_code() => DnsGround.Run(s_alone, Names(), ground =>
    {
        Assert.Contains("status: NOTIMP", ground.Dig("+opcode=status", "web"));
        Assert.Contains("status: BADVERS", ground.Dig("+edns=1", "+noednsneg", "web"));
    });

    [Fact]
    public void Port_53_of_the_container_stays_free() => DnsGround.Run(s_alone, Names(), ground =>
    {
        using var own = ground.InContainer(() => new FakeServer("0.0.0.0", q => q.Addresses(60, "1.2.3.4")));
        Assert.Equal(["172.18.0.2"], ground.Short("web"));
        Assert.Equal(["172.18.0.2"], ground.Short("+tcp", "web"));
        Assert.Equal("1.2.3.4\n", ground.Inside("dig", "@127.0.0.1", "+short", "web"));
        Assert.Equal("1.2.3.4\n", ground.Inside("dig", "@127.0.0.1", "+tcp", "+short", "web"));
    });

    [Fact]
    public void Where_the_kernel_does_not_steer_the_port_itself_is_bound() => DnsGround.Run(s_alone, Names(), ground =>
    {
        Assert.False(ground.Server.IsSteered);
        Assert.Equal(["172.18.0.2"], ground.Short("web"));
        Assert.Equal(["172.18.0.2"], ground.Short("+tcp", "web"));
    }, steer: false);

    [Fact]
    public void Nothing_stays_in_the_namespace_and_another_server_takes_over() =>
        DnsGround.Run(s_alone, Names(), ground =>
        {
            Assert.Equal(["172.18.0.2"], ground.Short("web"));
            ground.Stop();
            Assert.Contains("connection refused", ground.Dig("web"));
            Assert.Equal("", ground.Inside("ss", "-Hlnut"));
            ground.Restart(s_alone, new FakeNames().Add("web", "172.18.0.99"));
            Assert.Equal(["172.18.0.99"], ground.Short("web"));
        });
}
