namespace Skiff.System.Tests;

/// <summary>
/// Messages to the kernel's network that fail (tests/faults/sends.c) while monitors set up what a DHCP server says
/// later on. All containers live through it at once, and each monitor loses another message.
/// </summary>
[Collection(Alone.Name)]
public sealed class LeaseFaultTests(SkiffHost host, ITestOutputHelper output)
{
    /// <param name="turn">What the server does.</param>
    /// <param name="containers">More than there are messages, of which the last one then loses none.</param>
    /// <param name="hasBridge">They are on a bridge, too, from where their published ports have moved.</param>
    [Theory]
    [InlineData(LeaseTurn.Changes, 12)]
    [InlineData(LeaseTurn.Refuses, 14)]
    [InlineData(LeaseTurn.Refuses, 20, true)]
    [InlineData(LeaseTurn.Silent, 14, true)]
    public void A_container_has_what_the_server_says_whichever_message_fails(
        LeaseTurn turn, int containers, bool hasBridge = false)
    {
        using var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        using var parent = new NetworkFaultTests.ParentLink();
        Command.Shell($"ip address add {LeaseServer.Address}/24 dev fault1").Exits(0);
        using var server = new LeaseServer("fault1");
        roots.Run("network", "create", "blue").Exits(0);
        roots.Run("network", "create", "-d", "macvlan", "-o", "parent=fault0", "--ipam-driver", "dhcp", "lan").Exits(0);
        foreach (string one in (string[])["blue", "lan"])
            roots.Run("run", "--rm", "--network", one, "-p", "8000:80", host.Busybox, "true").Exits(0);
        SoakState before = NetworkFaultTests.Look(roots, false, out List<string> network);

        string gate = Path.Combine(roots.Folder, "gate");
        LeasedContainer[] all = [.. Enumerable.Range(1, containers).AsParallel().AsOrdered().WithDegreeOfParallelism(4)
            .Select(number => Start(roots, number, gate, hasBridge))];
        File.WriteAllText(gate, "");
        server.Turn(turn);
        foreach (LeasedContainer container in all) container.Gets(turn == LeaseTurn.Silent
            ? null : LeaseServer.SecondOf(container.First));
        output.WriteLine($"messages of each: {string.Join(' ', all.Select(container => container.Messages))}");
        Assert.InRange(all[^1].Messages, 5, containers - 1);
        Assert.Equal("", OldOnes(roots, all));

        CommandResult removal = roots.Run(["rm", "-f", .. all.Select(container => container.Name)]).Exits(0);
        NetworkFaultTests.LeavesNothing(() =>
        {
            List<string> left = NetworkFaultTests.Look(roots, false, out List<string> now).LeftSince(before);
            return [.. left, .. now.Except(network).Select(thing => $"network: {thing}")];
        }, "all that", removal);
    }

    private LeasedContainer Start(OwnRoots roots, int number, string gate, bool hasBridge)
    {
        string report = Path.Combine(roots.Folder, $"report{number}"), name = $"c{number}";
        string[] flags = hasBridge ? ["--network", "blue", "-p", $"{8000 + number}:80"] : ["--network", "lan"];
        using Command run = Command.Start(host.Sends, [report, $"{number}@{gate}", host.Binary, "--root",
            Path.Combine(roots.Folder, "root"), "--run-root", Path.Combine(roots.Folder, "run"),
            "run", "-d", "--name", name, .. flags, host.Busybox, "httpd", "-f"], roots.Variables);
        run.Finish().Exits(0);
        if (hasBridge) roots.Run("network", "connect", "--gw-priority", "1", "lan", name).Exits(0);
        return new LeasedContainer(roots, number, report, hasBridge);
    }

    // First addresses that anybody knows of yet.
    private static string OldOnes(OwnRoots roots, LeasedContainer[] all)
    {
        string[] known = [.. Command.Shell($"nft list ruleset; cd {roots.Folder}/run/networks; "
            + "find . -path '*/leases/*' -printf '%f\\n'; find . -path '*/names/*' -type l -printf '%l\\n'").Out
            .Split(['\n', ',', '{', '}', ' '])];
        return string.Join(' ', all.Select(container => container.First).Intersect(known));
    }
}
