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
    [InlineData("policy; --ipv6 blue", "--network blue --label role=db -p 8080:80")]
    [InlineData("policy; --ipv6 blue", "--network blue --label role=db", true)]
    public void A_start_leaves_nothing_whichever_of_its_messages_fails(string what, string flags, bool isFirst = false)
    {
        using var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        using IDisposable? parent = what.Contains("fault0") ? new ParentLink() : null;
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
            List<string> left = [];
            DateTime end = DateTime.UtcNow.AddSeconds(10);
            do
            {
                roots.Run("ps", "-a").Exits(0);
                // Groups are those of all tests.
                left = Look(roots, isFirst, out List<string> now).LeftSince(before)
                    .FindAll(thing => !thing.StartsWith("control"));
                left.AddRange(now.Except(network).Select(thing => $"network: {thing}"));
                if (left.Count > 0) Thread.Sleep(200);
            } while (left.Count > 0 && DateTime.UtcNow < end);
            Assert.True(left.Count == 0, $"message {number} of {messages} leaves {string.Join("; ", left)}\n{result}");
        }
        output.WriteLine($"{messages} messages, {failed} of which fail the start");
        Assert.True(failed >= 5, $"only {failed} starts failed");
        roots.Run(run).Exits(0);
    }

    // Before a first start nothing of an earlier one is there.
    private static SoakState Look(OwnRoots roots, bool isFirst, out List<string> network)
    {
        if (isFirst) roots.Run("system", "release").Exits(0);
        // Elements of a set have no order of their own.
        network = [.. Command.Shell("nft -s list ruleset; ip -o link show | cut -d: -f2 | sed 's/^/link/'").Out
            .Split(['\n', ',', '{', '}'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
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

    // An interface of the host that no other test uses.
    private sealed class ParentLink : IDisposable
    {
        public ParentLink() => Command.Shell("ip link add fault0 type veth peer name fault1 && "
            + "ip link set fault0 up && ip link set fault1 up").Exits(0);

        public void Dispose() => Command.Shell("ip link delete fault0").Exits(0);
    }
}
