namespace Skiff.System.Tests;

/// <summary>
/// Messages to the kernel's network that fail, one after the other (tests/faults/sends.c). With ipvlan and VLANs, which
/// a host's kernel may lack, it is tests/vm/cases/58-network-faults.sh.
/// </summary>
[Collection(Alone.Name)]
public sealed class NetworkFaultTests(SkiffHost host, ITestOutputHelper output)
{
    private const string Policy = """
        {"metadata": {"name": "fault"}, "spec": {"podSelector": {"matchLabels": {"role": "db"}},
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"role": "web"}}}]}],
            "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}, {"to": [{"dnsNames": ["*.example.com"]}]}]}}
        """;

    private const string Limited = "-o io.skiff.bandwidth.ingress=8M -o io.skiff.bandwidth.egress=8M "
        + "-o io.skiff.bandwidth.total.ingress=80M -o io.skiff.bandwidth.total.egress=80M blue";

    /// <param name="what">What is made before, flags and name of each network, or a policy.</param>
    /// <param name="flags">Of the container.</param>
    /// <param name="isFirst">The start makes bridge and rules, too.</param>
    [Theory]
    [InlineData("--ipv6 blue", "--network blue -p 8080:80 -p 53:53/udp")]
    [InlineData("--ipv6 blue", "--network blue -p 8080:80 -p [::1]:8081:80", true)]
    [InlineData("", "-p 8080:80", true)]
    [InlineData("--ipv6 blue; green; --internal red",
        "--network blue --network name=green,gw-priority=1,link-local-ip=169.254.9.9 --network red -p 8080:80")]
    [InlineData(Limited, "--network blue")]
    [InlineData(Limited, "--network blue", true)]
    [InlineData("-d macvlan -o parent=fault0 --ipv6 lan", "--network lan")]
    [InlineData("-d macvlan -o parent=fault0 lan; blue", "--network lan --network blue -p 8080:80")]
    [InlineData("-d macvlan -o parent=fault0 --ipam-driver dhcp lan", "--network lan")]
    [InlineData("-d macvlan -o parent=fault0 --ipam-driver dhcp lan; blue", "--network lan --network blue -p 8080:80")]
    [InlineData("policy; --ipv6 blue", "--network blue --label role=db -p 8080:80")]
    [InlineData("policy; --ipv6 blue", "--network blue --label role=db", true)]
    public void A_start_leaves_nothing_whichever_of_its_messages_fails(string what, string flags, bool isFirst = false)
    {
        using var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        using IDisposable? parent = what.Contains("fault0") ? new ParentLink() : null;
        using Command? server = what.Contains("dhcp") ? DhcpServer() : null;
        foreach (string one in what.Split("; ", StringSplitOptions.RemoveEmptyEntries)) Make(roots, one);
        string[] run = ["run", "--rm", .. flags.Split(' '), host.Busybox, "true"];
        roots.Run(run).Exits(0);
        SoakState before = Look(roots, isFirst, out List<string> network);
        int failed = 0, messages = 0;
        for (int number = 1; ; number++)
        {
            (CommandResult result, messages) = RunWithFault(roots, number, run);
            if (number > messages) break;
            if (result.ExitCode != 0)
            {
                failed++;
                Assert.Equal(125, result.ExitCode);
                Assert.Contains("ENOBUFS", result.Error);
                Assert.DoesNotContain("Unhandled", result.Error);
            }
            LeavesNothing(() =>
            {
                roots.Run("ps", "-a").Exits(0);
                List<string> left = Look(roots, isFirst, out List<string> now).LeftSince(before);
                return [.. left, .. now.Except(network).Select(thing => $"network: {thing}")];
            }, $"message {number} of {messages}", result);
        }
        output.WriteLine($"{messages} messages, {failed} of which fail the start");
        Assert.True(failed >= 5, $"only {failed} starts failed");
        roots.Run(run).Exits(0);
    }

    /// <param name="what">As above; the last one made is joined.</param>
    /// <param name="flags">Of the container that joins.</param>
    /// <param name="how">Flags of its joining.</param>
    [Theory]
    [InlineData("green; --ipv6 blue", "--network green -p 8080:80 -p 53:53/udp", "--alias www")]
    [InlineData("green; --ipv6 blue", "--network green -p 8080:80 -p 53:53/udp", "--gw-priority 1")]
    [InlineData("--ipv6 blue", "-p 8080:80", "--link-local-ip 169.254.9.9")]
    [InlineData("--internal red; blue", "--network red -p 8080:80", "")]
    [InlineData("green; " + Limited, "--network green", "")]
    [InlineData("green; -d macvlan -o parent=fault0 --ipv6 blue", "--network green -p 8080:80", "--gw-priority 1")]
    [InlineData("green; -d macvlan -o parent=fault0 --ipam-driver dhcp blue", "--network green", "--gw-priority 1")]
    [InlineData("policy; green; --ipv6 blue", "--network green --label role=db -p 8080:80", "--gw-priority 1")]
    public void A_container_joins_or_leaves_wholly_whichever_message_fails(string what, string flags, string how)
    {
        using var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        using IDisposable? parent = what.Contains("fault0") ? new ParentLink() : null;
        using Command? server = what.Contains("dhcp") ? DhcpServer() : null;
        foreach (string one in what.Split("; ", StringSplitOptions.RemoveEmptyEntries)) Make(roots, one);
        roots.Run(["run", "-d", "--name", "web", .. flags.Split(' '), host.Busybox, "sleep", "1000"]).Exits(0);
        string[] join = ["network", "connect", .. how.Split(' ', StringSplitOptions.RemoveEmptyEntries), "blue", "web"];
        string[] leave = ["network", "disconnect", "blue", "web"];
        roots.Run(join).Exits(0);
        roots.Run(leave).Exits(0);
        SoakState before = Look(roots, false, out List<string> network);
        List<string> inside = LookInside(roots);
        foreach (string[] verb in (string[][])[join, leave])
        {
            int failed = 0, messages = 0;
            for (int number = 1; ; number++)
            {
                if (verb == leave) roots.Run(join).Exits(0);
                (CommandResult result, messages) = RunWithFault(roots, number, verb);
                if (result.ExitCode != 0)
                {
                    failed++;
                    Assert.Contains("ENOBUFS", result.Error);
                    Assert.DoesNotContain("Unhandled", result.Error);
                }
                // Who has not joined is not there; who could not leave is, and can.
                if (verb == join ? result.ExitCode == 0 : result.ExitCode != 0) roots.Run(leave).Exits(0);
                LeavesNothing(() =>
                {
                    List<string> left = Look(roots, false, out List<string> now).LeftSince(before);
                    List<string> then = LookInside(roots);
                    return [.. left, .. now.Except(network).Select(thing => $"network: {thing}"),
                        .. network.Except(now).Select(thing => $"lost of the network: {thing}"),
                        .. then.Except(inside).Select(thing => $"inside: {thing}"),
                        .. inside.Except(then).Select(thing => $"lost inside: {thing}")];
                }, $"message {number} of {messages} of {verb[1]}", result);
                if (number > messages) break;
            }
            output.WriteLine($"{verb[1]}: {messages} messages, {failed} of which fail it");
            Assert.True(messages >= 3 && (verb == leave || failed >= 5), $"only {failed} of {messages} failed");
        }
    }

    // Some of it goes a moment later, as a namespace does.
    internal static void LeavesNothing(Func<List<string>> look, string when, CommandResult result)
    {
        List<string> left = [];
        DateTime end = DateTime.UtcNow.AddSeconds(10);
        do
        {
            // Groups are those of all tests.
            left = look().FindAll(thing => !thing.StartsWith("control"));
            if (left.Count > 0) Thread.Sleep(200);
        } while (left.Count > 0 && DateTime.UtcNow < end);
        Assert.True(left.Count == 0, $"{when} leaves {string.Join("; ", left)}\n{result}");
    }

    // What the container has of its networks, and what the engine says that it has.
    private static List<string> LookInside(OwnRoots roots)
    {
        string pid = roots.Run("inspect", "web", "--format", "{{.State.Pid}}").Text();
        return [.. Command.Shell($"cat /proc/{pid}/root/etc/hosts /proc/{pid}/root/etc/resolv.conf; "
            + $"nsenter -t {pid} -n sh -c 'ip -o addr show scope global | cut -d\\  -f2-7; ip route; ip -6 route; "
            + "ip -o link show | cut -d: -f2; ip route get 203.0.113.1 | cut -d\\  -f2-5'").Out
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            .. roots.Run("inspect", "web", "--format", "{{json .NetworkSettings}}").Text().Split(',')];
    }

    // Before a first start nothing of an earlier one is there.
    internal static SoakState Look(OwnRoots roots, bool isFirst, out List<string> network)
    {
        if (isFirst) roots.Run("system", "release").Exits(0);
        // Elements of a set have no order of their own. Those with a time are flows of whoever had the container's
        // address before, in another test: a table that is made anew cuts them.
        network = [.. Command.Shell("nft -s list ruleset; ip -o link show | cut -d: -f2 | sed 's/^/link/'").Out
            .Split(['\n', ',', '{', '}'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(thing => !thing.EndsWith(" timeout 20m"))];
        return new SoakState(roots);
    }

    private static void Make(OwnRoots roots, string what)
    {
        if (what != "policy")
        {
            roots.Run(["network", "create", .. what.Split(' ')]).Exits(0);
            return;
        }
        using Command create = roots.Start("network", "policy", "create", "-f", "-");
        create.Finish(Policy).Exits(0);
    }

    private (CommandResult Result, int Messages) RunWithFault(OwnRoots roots, int number, string[] arguments)
    {
        string report = Path.Combine(roots.Folder, "report");
        using Command command = Command.Start(host.Sends, [report, $"{number}", host.Binary, "--root",
            Path.Combine(roots.Folder, "root"), "--run-root", Path.Combine(roots.Folder, "run"), .. arguments],
            roots.Variables);
        CommandResult result = command.Finish();
        return (result, int.Parse(File.ReadAllText(report)));
    }

    // On the wire of the parent.
    private Command DhcpServer()
    {
        string folder = host.NewFolder();
        File.WriteAllText($"{folder}/conf", $"""
            start 198.51.100.10
            end 198.51.100.250
            interface fault1
            lease_file {folder}/leases
            pidfile {folder}/pid
            option subnet 255.255.255.0
            option router 198.51.100.2
            option lease 60
            """);
        File.WriteAllText($"{folder}/leases", "");
        Command.Shell("ip address add 198.51.100.2/24 dev fault1").Exits(0);
        // It looks for nobody else who has the address, which takes two seconds.
        return Command.Start("busybox", ["udhcpd", "-f", "-a", "1", $"{folder}/conf"]);
    }

    // An interface of the host that no other test uses.
    internal sealed class ParentLink : IDisposable
    {
        public ParentLink() => Command.Shell("ip link add fault0 type veth peer name fault1 && "
            + "ip link set fault0 up && ip link set fault1 up").Exits(0);

        public void Dispose() => Command.Shell("ip link delete fault0").Exits(0);
    }
}
