using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>The matrix of networks: each driver with each version of IP and each feature.</summary>
public sealed class NetworkMatrixTests(SkiffHost host, ITestOutputHelper output)
{
    [Fact]
    public void Every_feature_works_with_every_driver_and_both_versions_of_IP() => Run(
        NetworkDriver.DefaultBridge, NetworkDriver.Bridge, NetworkDriver.Host, NetworkDriver.None,
        NetworkDriver.Container, NetworkDriver.Macvlan);

    [Fact]
    public void Every_feature_works_with_ipvlan_where_the_kernel_has_it()
    {
        bool has = Command.Run("unshare", "--net", "sh", "-c",
            "ip link add a type veth && ip link add b link a type ipvlan").ExitCode == 0;
        const string reason = "this kernel has no ipvlan; tests/vm/cases/54-network-matrix.sh tries it";
        if (!has) output.WriteLine($"networks: ipvlan skipped: {reason}");
        Assert.SkipUnless(has, reason);
        Run(NetworkDriver.Ipvlan);
    }

    private void Run(params NetworkDriver[] drivers)
    {
        var watch = Stopwatch.StartNew();
        using var machines = new TwoMachines(host);
        using (OwnRoots roots = machines.NewRoots())
        {
            NetworkMatrix matrix = new(new NetworkCells(roots, machines, host.Busybox));
            matrix.Run(NetworkStage.SetUp(roots, host.Busybox, drivers), output.WriteLine);
            output.WriteLine($"networks: {matrix.Totals}, {watch.Elapsed.TotalSeconds:0} s");
            Assert.True(matrix.Failures.Count == 0, string.Join('\n', matrix.Failures));
        }
        // The kernel takes links away with the namespaces of containers, a moment later.
        Wait.Until(() => machines.OnHost("ip -o link | grep -oE ' (skiff|sk)[^ ]*'; nft list tables").Out.Length == 0,
            "nothing of the engine is left");
    }
}
