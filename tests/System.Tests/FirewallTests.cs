namespace Skiff.System.Tests;

/// <summary>Debian's firewalld, ufw and nftables.service on the host: neither breaks the other.</summary>
public sealed class FirewallTests(SkiffHost host, ITestOutputHelper output)
{
    [Fact]
    public void Beside_firewalld_everything_works_once_the_bridges_are_trusted()
    {
        using var session = new FirewallSession(host);
        session.StartFirewalld();
        string theirs = Firewalld(session);
        session.StartContainers();
        // It lets pass what has been redirected, and nothing else that it has not been told of.
        Wait.Until(() => session.IsReached("plain") && session.IsReached("blue"), "both are reached");
        Assert.False(session.ReachesOutside("plain") || session.ReachesOutside("blue"));
        Assert.Equal(theirs, Firewalld(session));
        string advice = Advice(session)!;
        output.WriteLine(advice);
        session.Shell(advice[advice.IndexOf("firewall-cmd", StringComparison.Ordinal)..]).Exits(0);
        Assert.Null(Advice(session));
        session.AssertAllWorks();
        theirs = Firewalld(session);
        foreach (string change in (string[])["--reload", "--complete-reload", ""])
        {
            if (change.Length == 0) session.StartFirewalld();
            else session.Shell($"firewall-cmd {change}").Exits(0);
            session.AssertAllWorks();
            Assert.Equal(theirs, Firewalld(session));
        }
        session.AssertClosed();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Beside_ufw_everything_works(bool withAgent)
    {
        using var session = new FirewallSession(host);
        session.Shell("ufw allow 22/tcp && ufw --force enable").Exits(0);
        string[] theirs = Rules(session);
        session.Shell("ufw disable").Exits(0);
        session.StartContainers();
        session.AssertAllWorks();
        if (withAgent) session.StartAgent();
        session.Shell("ufw --force enable").Exits(0);
        if (!withAgent)
        {
            Assert.False(session.ReachesOutside("plain") || session.IsReached("plain"));
            session.StartAnother();
        }
        session.AssertAllWorks();
        foreach (string change in (string[])["ufw reload", "ufw disable && ufw --force enable", "ufw allow 80/tcp"])
        {
            session.Shell(change).Exits(0);
            session.AssertAllWorks();
        }
        session.Shell("ufw delete allow 80/tcp").Exits(0);
        Assert.Equal(theirs, Rules(session));

        // What its user forbids stays forbidden: by then a packet has the port of the container.
        session.Shell("ufw route deny in on eth0 to any port 80 proto tcp").Exits(0);
        Assert.True(!session.IsReached("plain") && session.ReachesOutside("plain"));
        session.Shell("ufw route delete deny in on eth0 to any port 80 proto tcp").Exits(0);
        session.AssertAllWorks();
        session.AssertClosed();
        Assert.Equal(theirs, Rules(session));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reload_of_nftables_service_is_survived(bool withAgent)
    {
        using var session = new FirewallSession(host);
        session.Shell("grep -qx 'flush ruleset' /etc/nftables.conf && nft -f /etc/nftables.conf").Exits(0);
        string theirs = session.Shell("nft list table inet filter").Text();
        session.StartContainers();
        session.AssertAllWorks();
        if (withAgent) session.StartAgent();
        session.Shell("nft -f /etc/nftables.conf").Exits(0);
        if (!withAgent)
        {
            Assert.False(session.ReachesOutside("plain") || session.IsReached("plain"));
            session.StartAnother();
        }
        session.AssertAllWorks();
        session.AssertClosed();
        Assert.Equal(theirs, session.Shell("nft list table inet filter").Text());
    }

    private static string? Advice(FirewallSession session) =>
        session.Shell("$SKIFF info 2>&1").Text().Split('\n').SingleOrDefault(line => line.Contains("firewall-cmd"));

    private static string Firewalld(FirewallSession session) => session.Shell("nft list table inet firewalld").Text();

    // Without counters' values, and what Skiff has put in.
    private static string[] Rules(FirewallSession session) =>
        [.. session.Shell("iptables -S; ip6tables -S").Exits(0).Lines.Where(line => !line.Contains("SKIFF"))];
}
