using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>
/// What others do to the host's network while containers run, with the agent and without it. Alone, because it flushes
/// the rules of all tests.
/// </summary>
[Collection(Alone.Name)]
public sealed class NetworkRepairTests(SkiffHost host, ITestOutputHelper output) : IDisposable
{
    private readonly OwnRoots _roots = new(host);
    private readonly int _port = NetworkTests.FreePort();

    public void Dispose() => _roots.Dispose();

    [Fact]
    public void The_agent_puts_back_what_a_reload_of_nftables_flushes()
    {
        using Command agent = Start();
        for (int round = 0; round < 3; round++)
        {
            Flush();
            var clock = Stopwatch.StartNew();
            while (!HasTable() && clock.Elapsed.TotalSeconds < 10) Thread.Sleep(1);
            output.WriteLine($"restored within {clock.ElapsedMilliseconds} ms of the end of nft, asked by nft itself");
            AssertServes();
        }
        string events = Events();
        Assert.Matches("network rules_restored [0-9a-f]{64} \\(cause=deleted, name=host, pid=\\d+, process=nft, "
            + "table=inet skiff_[0-9a-f]{8}, type=host\\)", events);
        Assert.Equal(3, Count(events, "rules_restored"));
        _roots.End(agent);
    }

    [Fact]
    public void Without_the_agent_the_next_container_puts_it_back()
    {
        Start(withAgent: false);
        Flush();
        Assert.NotEqual(0, Fetch().ExitCode);
        _roots.Run("run", "--rm", host.Busybox, "true").Exits(0);
        AssertServes();
    }

    [Fact]
    public void The_agent_puts_back_a_bridge_and_tells_of_interfaces_that_go_down()
    {
        using Command agent = Start();
        string bridge = Command.Shell("ip -o link show type bridge | sed -nE 's/^[0-9]+: (skiff-[0-9a-f]{8}).*/\\1/p'")
            .Text().Split('\n').Single(name => Command.Shell($"ip -o link show master {name}").Text().Length > 0
                && HasTable(name));
        Command.Shell($"ip link delete {bridge}").Exits(0);
        Wait.Until(() => Events().Contains("bridge_restored"), "the bridge is put back");
        AssertServes();
        string veth = Command.Shell($"ip -o link show master {bridge} | sed -nE 's/^[0-9]+: ([^@:]+).*/\\1/p'").Text();
        Command.Shell($"ip link set {veth} down").Exits(0);
        Wait.Until(() => Events().Contains("endpoint_down"), "it is told");
        Command.Shell($"ip link set {veth} up").Exits(0);
        Wait.Until(() => Events().Contains("endpoint_up"), "and its return");
        // What the engine does itself, and the end of a container, are no news.
        string before = Events("network");
        _roots.Run("run", "--rm", "-p", "80", host.Busybox, "true").Exits(0);
        _roots.Run("rm", "-f", "web").Exits(0);
        _roots.Run("run", "--rm", host.Busybox, "true").Exits(0);
        Assert.Equal(before, Events("network"));
        _roots.End(agent);
    }

    private Command Start(bool withAgent = true)
    {
        _roots.Run("pull", "-q", host.Busybox).Exits(0);
        _roots.Run("run", "-d", "--name", "web", "-p", $"{_port}:80", host.Busybox, "sh", "-c",
            "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www").Exits(0);
        AssertServes();
        if (!withAgent) return null!;
        Command agent = _roots.StartAgent();
        // It listens before it looks, and it looks before it says so.
        Wait.Until(() => File.ReadAllText("/proc/net/netlink").Split('\n').Any(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "12", _, "00000040", ..]), "it listens");
        return agent;
    }

    // As nftables.service does when it is told to reload.
    private void Flush()
    {
        string file = Path.Combine(_roots.Folder, "nftables.conf");
        File.WriteAllText(file, """
            flush ruleset
            table inet filter {
                chain input { type filter hook input priority filter; }
                chain forward { type filter hook forward priority filter; }
                chain output { type filter hook output priority filter; }
            }
            """);
        Command.Run("nft", "-f", file).Exits(0);
    }

    private bool HasTable(string? text = null) =>
        Command.Shell($"nft list map inet skiff_{Suffix} ports").Out
            .Contains($"tcp . {_port}") && (text is null || text.EndsWith(Suffix, StringComparison.Ordinal));

    // FNV-1a of the run root, as the engine names what it puts into the host.
    private string Suffix => $"{Path.Combine(_roots.Folder, "run")
        .Aggregate(2166136261, (hash, c) => unchecked((hash ^ c) * 16777619)):x8}";

    private void AssertServes() => Wait.Until(() => Fetch() is { ExitCode: 0, Out: "page\n" }, "the port serves");

    private CommandResult Fetch() => Command.Run("curl", "-fs", "-m", "2", $"http://127.0.0.1:{_port}/");

    private string Events(string? type = null) => _roots.Run(
        ["events", "--since", "1h", "--until", "0s", .. type is null ? Array.Empty<string>()
            : ["--filter", $"type={type}", "--filter", "event=endpoint_down", "--filter", "event=bridge_restored",
                "--filter", "event=rules_restored", "--filter", "event=pool_clash"]]).Exits(0).Out;

    private static int Count(string text, string word) => text.Split(word).Length - 1;
}
