using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Skiff.System.Tests;

/// <summary>
/// 4,096 networks on one host. The binary makes the first and the last ones; those between are copies of a record of
/// its own, as it would take minutes to make all. The output has the times.
/// </summary>
public sealed class ManyNetworksTests : IDisposable
{
    private const int Count = 4096, Predefined = 3;

    private readonly SkiffHost _host;
    private readonly TwoMachines _machines;
    private readonly OwnRoots _roots;
    private readonly ITestOutputHelper _output;

    public ManyNetworksTests(SkiffHost host, ITestOutputHelper output)
    {
        (_host, _machines, _output) = (host, new TwoMachines(host), output);
        _roots = _machines.NewRoots();
    }

    public void Dispose()
    {
        _roots.Dispose();
        _machines.Dispose();
    }

    [Fact]
    public void Four_thousand_networks_are_listed_used_and_removed_and_more_are_made()
    {
        string first = Time("create", "network", "create", "n0");
        Time("ls", "network", "ls");
        Time("first start", "run", "--rm", "--network", "n0", _host.Busybox, "true");
        Time("next start", "run", "--rm", "--network", "n0", _host.Busybox, "true");
        string[] subnets = Fill(first);
        _output.WriteLine($"with {Count} networks:");
        Assert.Equal(Count + Predefined, Time("ls", "network", "ls", "-q").Split('\n').Length);

        string[] made = [.. Enumerable.Range(0, 4).Select(i => Time("create", "network", "create", $"more{i}"))];
        string[] chosen = [.. made.Select(SubnetOf)];
        Assert.Equal(chosen.Length, chosen.Except(subnets).Distinct().Count());
        _roots.Run("network", "create", "n77").FailsClearly(1, "network with name n77 already exists");
        _roots.Run("network", "create", "--subnet", subnets[^1], "x").FailsClearly(1, "Pool overlaps with other one");

        foreach (string network in (string[])["n2048", made[0]])
        {
            Time("first start", "run", "-d", "--name", "web", "--network", network, _host.Busybox, "sleep", "1000");
            Time("next start", "run", "--rm", "--network", network, _host.Busybox, "ping", "-c", "1", "-w", "5", "web");
            Time("connect", "network", "connect", $"n{Count - 1}", "web");
            Time("inspect", "network", "inspect", network);
            _roots.Run("network", "rm", network).FailsClearly(1, "has active endpoints (name:\"web\"");
            Time("disconnect", "network", "disconnect", $"n{Count - 1}", "web");
            _roots.Run("rm", "-f", "web").Exits(0);
            Time("rm", "network", "rm", network);
        }
        Assert.Equal(["more1", "more2", "more3", "n0", "n1"], Time("prune", "network", "prune", "-f", "--filter",
            "label!=copied").Split('\n').Where(line => line is ['m' or 'n', ..]).Order());
        Assert.Equal(Count + Predefined - 3, Time("ls", "network", "ls", "-q").Split('\n').Length);
    }

    [Fact]
    public void A_host_that_has_no_subnet_left_says_so_and_what_to_do()
    {
        string[] ranges = ["172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13", "192.168.0.0/16", "10.192.0.0/11"];
        _roots.Run(["network", "create", "all", .. ranges.SelectMany(range => (string[])["--subnet", range])]).Exits(0);
        _roots.Run("network", "create", "blue").FailsClearly(1,
            "all predefined address pools have been fully subnetted; remove networks that nobody uses (network prune), "
            + "or name a subnet (--subnet)");
        _roots.Run("network", "create", "--subnet", "10.7.0.0/24", "named").Exits(0);
        _roots.Run("run", "--rm", "--network", "named", _host.Busybox, "true").Exits(0);
        _roots.Run("network", "rm", "all").Exits(0);
        _roots.Run("network", "create", "blue").Exits(0);
    }

    // Makes networks of the record of one, each with a name, an id and a subnet of its own; returns the subnets.
    private string[] Fill(string id)
    {
        string folder = Path.Combine(_roots.Folder, "root/networks");
        // The binary makes the second one, so that the first may go.
        string second = Time("create", "network", "create", "n1");
        string record = File.ReadAllText(Path.Combine(folder, $"{second}.json"));
        string own = SubnetOf(second)[..^".0/24".Length];
        var subnets = new List<string> { SubnetOf(id), SubnetOf(second) };
        for (int i = 2; i < Count; i++)
        {
            // Its bridge is called by the first twelve digits.
            string copy = $"{i:x12}{Guid.NewGuid():N}{Guid.NewGuid():N}"[..64];
            string subnet = i < 3072 ? $"172.{20 + i / 256}.{i % 256}" : $"10.{200 + i / 256}.{i % 256}";
            File.WriteAllText(Path.Combine(folder, $"{copy}.json"), record.Replace(second, copy)
                .Replace("\"n1\"", $"\"n{i}\"").Replace(own + ".", subnet + ".")
                .Replace("\"pools\":", "\"labels\":{\"copied\":\"\"},\"pools\":"));
            File.CreateSymbolicLink(Path.Combine(folder, $"names/n{i}"), copy);
            subnets.Add(subnet + ".0/24");
        }
        return [.. subnets];
    }

    private string SubnetOf(string network) => Regex.Match(
        _roots.Run("network", "inspect", network).Exits(0).Out, "\"Subnet\": ?\"([^\"]+)\"").Groups[1].Value;

    private string Time(string what, params string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        string text = _roots.Run(arguments).Exits(0).Text();
        _output.WriteLine($"{what}: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        return text;
    }
}
