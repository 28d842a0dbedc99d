namespace Skiff.System.Tests;

/// <summary>
/// Debian's firewalld, ufw and nftables on a host of two machines, and Skiff beside them with its plain names: the
/// container <c>plain</c> on the default bridge, and <c>blue</c> on a network with IPv6, each with a published port.
/// </summary>
internal sealed class FirewallSession : IDisposable
{
    private static readonly (string Name, string Network, int Port)[] s_containers =
        [("plain", "bridge", 8080), ("blue", "blue", 8081)];

    private readonly SkiffHost _host;
    private readonly string _folder;
    private readonly List<Command> _agents = [];

    public FirewallSession(SkiffHost host)
    {
        (_host, _folder) = (host, host.NewFolder());
        Run("install").Exits(0);
        // The registry is not where the firewalls are.
        Command.Run(host.Binary, "--root", $"{_folder}/skiff-root", "--run-root", $"{_folder}/pulling", "pull", "-q",
            host.Busybox).Exits(0);
        Machines = new TwoMachines(host);
        try
        {
            Machines.OnHost($"{SkiffHost.Script("firewalls")} up {_folder}").Exits(0);
        }
        catch
        {
            Machines.Dispose();
            throw;
        }
    }

    /// <summary>The host and the machine outside.</summary>
    public TwoMachines Machines { get; }

    /// <summary>Runs a shell line on the host, with the binary in $SKIFF.</summary>
    public CommandResult Shell(string script, params string[] arguments) =>
        Run(["in", _folder, "bash", "-c", Prologue + script, "bash", .. arguments]);

    /// <summary>Starts firewalld, or starts it again.</summary>
    public void StartFirewalld() => Run("firewalld", _folder).Exits(0);

    /// <summary>Starts the containers.</summary>
    public void StartContainers()
    {
        Shell("$SKIFF network create --ipv6 blue").Exits(0);
        foreach (var (name, network, port) in s_containers)
            Shell($"$SKIFF run -d --name {name} --network {network} -p {port}:80 \"$@\"",
                NetworkStage.Server(_host.Busybox)).Exits(0);
        foreach (var (name, _, _) in s_containers)
            Wait.Until(() => Get(name, "127.0.0.1", 80).ExitCode == 0, $"{name} serves", 30);
    }

    /// <summary>Starts a container that ends at once.</summary>
    public void StartAnother() => Shell("$SKIFF run --rm \"$@\" true", _host.Busybox).Exits(0);

    /// <summary>Starts the agent and waits until it looks after networks.</summary>
    public void StartAgent()
    {
        _agents.Add(Command.Start(SkiffHost.Script("firewalls"),
            ["in", _folder, "bash", "-c", Prologue + "exec $SKIFF agent"]));
        Wait.Until(() => Shell("awk '$2 == 12 && $4 == \"00000040\"' /proc/net/netlink").Out.Length > 0,
            "the agent listens");
    }

    /// <summary>Fails unless everything can be reached that should be.</summary>
    public void AssertAllWorks()
    {
        foreach (var (name, _, port) in s_containers)
        {
            string other = s_containers.Single(one => one.Name != name).Name;
            AssertReached(name, port, TwoMachines.Host.V4, TwoMachines.Outside.V4, TwoMachines.Far.V4);
            if (name == "blue")
                AssertReached(name, port, TwoMachines.Host.V6, TwoMachines.Outside.V6, TwoMachines.Far.V6);
            Reach($"{name} from the host", () => Shell($"curl -fs -m 2 {Url("127.0.0.1", port)}"));
            Reach($"{name} from {other}", () => Get(other, TwoMachines.Host.V4, port));
        }
    }

    /// <summary>
    /// Fails when a container's own address is open to the other one, or to a neighbour who sends packets to it by the
    /// host.
    /// </summary>
    public void AssertClosed()
    {
        foreach (var (name, _, _) in s_containers)
        {
            string address = Shell($"$SKIFF exec {name} hostname -i").Text();
            Assert.NotEqual(0, Get(s_containers.Single(one => one.Name != name).Name, address, 80).ExitCode);
            Machines.OnOutside($"ip route add {address} via {TwoMachines.Host.V4}").Exits(0);
            Assert.NotEqual(0, Machines.OnOutside($"curl -fs -m 1 {Url(address, 80)}").ExitCode);
            Machines.OnOutside($"ip route delete {address}").Exits(0);
        }
    }

    /// <summary>Whether a container reaches the world outside, by IPv4.</summary>
    public bool ReachesOutside(string name) => Get(name, TwoMachines.Far.V4, 80).ExitCode == 0;

    /// <summary>Whether the published port of a container is reached from outside, by IPv4.</summary>
    public bool IsReached(string name) => Machines.OnOutside("curl -fs -m 2 "
        + Url(TwoMachines.Host.V4, s_containers.Single(one => one.Name == name).Port)).ExitCode == 0;

    public void Dispose()
    {
        try
        {
            Shell("$SKIFF ps -aq | xargs -r $SKIFF rm -f; $SKIFF network prune -f; $SKIFF system release");
        }
        finally
        {
            foreach (Command agent in _agents) agent.Dispose();
            Run("down", _folder).Exits(0);
            Machines.Dispose();
        }
    }

    private string Prologue =>
        $"export SKIFF={_host.Binary} SKIFF_ROOT={_folder}/skiff-root SKIFF_RUN_ROOT=/run/skiff\n";

    private void AssertReached(string name, int port, string host, string outside, string far)
    {
        Assert.Equal(outside, Reach($"{name} from outside",
            () => Machines.OnOutside($"curl -gfs -m 2 {Url(host, port)}")));
        Assert.Equal(host, Reach($"outside from {name}", () => Get(name, far, 80)));
    }

    // Who the page says has asked. What an agent does comes a moment later.
    private static string Reach(string what, Func<CommandResult> ask)
    {
        CommandResult asked = null!;
        Wait.Until(() => (asked = ask()).ExitCode == 0, () => $"reaching {what}: {asked}", 30);
        return asked.Text().Replace("::ffff:", "").Trim('[', ']');
    }

    // busybox's wget ends with a fault when it is given -T.
    private CommandResult Get(string container, string address, int port) =>
        Shell($"$SKIFF exec {container} timeout 2 wget -qO- {Url(address, port)}");

    private static string Url(string address, int port) =>
        $"http://{(address.Contains(':') ? $"[{address}]" : address)}:{port}/cgi-bin/who";

    private static CommandResult Run(params string[] arguments) =>
        Command.Run(SkiffHost.Script("firewalls"), arguments);
}
