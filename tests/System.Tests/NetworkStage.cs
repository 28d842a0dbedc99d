namespace Skiff.System.Tests;

/// <summary>What a container's network hangs on.</summary>
internal enum NetworkDriver
{
    DefaultBridge,
    Bridge,
    Host,
    None,
    Container,
    Macvlan,
    Ipvlan,
}

/// <summary>A driver with what is tried on it: a container with a server, one beside it, and a port of the
/// host's.</summary>
/// <param name="Driver">The driver.</param>
/// <param name="Network">What <c>--network</c> is told.</param>
/// <param name="Port">The port that is published, or the server's own where nothing is.</param>
internal sealed record NetworkStage(NetworkDriver Driver, string Network, int Port)
{
    private const string Serve =
        "mkdir -p /www/cgi-bin; hostname > /www/name; printf '%s' \"$1\" > /www/cgi-bin/who; "
        + "chmod 755 /www/cgi-bin/who; exec httpd -f -p $2 -h /www";

    /// <summary>As the table names it.</summary>
    public string Title => Driver switch
    {
        NetworkDriver.DefaultBridge => "bridge (default)",
        NetworkDriver.Bridge => "bridge (user's)",
        NetworkDriver.Container => "container:ID",
        _ => Driver.ToString().ToLowerInvariant(),
    };

    /// <summary>The container with the server.</summary>
    public string Web => $"web-{Driver}".ToLowerInvariant();

    /// <summary>The container beside it; it asks names by IPv6.</summary>
    public string Peer => $"peer-{Driver}".ToLowerInvariant();

    /// <summary>The container whose network it is.</summary>
    public string Owner => Driver == NetworkDriver.Container ? Network["container:".Length..] : Web;

    /// <summary>The network that its addresses are of.</summary>
    public string OwnersNetwork => Driver == NetworkDriver.Container ? "shared" : Network;

    /// <summary>Whether it is a station of the outer network.</summary>
    public bool IsOnWire => Driver is NetworkDriver.Macvlan or NetworkDriver.Ipvlan;

    /// <summary>Whether the host translates ports to it.</summary>
    public bool IsBridged => Driver is NetworkDriver.DefaultBridge or NetworkDriver.Bridge or NetworkDriver.Container;

    /// <summary>Whether it has an address of its own.</summary>
    public bool HasAddress => IsOnWire || IsBridged;

    /// <summary>The interface of the host that it is on, of those on a wire.</summary>
    public string Parent => Driver == NetworkDriver.Ipvlan ? "eth1" : "eth0";

    /// <summary>Makes the stages of some drivers, with their networks and containers.</summary>
    /// <param name="roots">The engine's.</param>
    /// <param name="image">busybox.</param>
    /// <param name="drivers">The drivers.</param>
    public static List<NetworkStage> SetUp(OwnRoots roots, string image, params NetworkDriver[] drivers)
    {
        int port = 8000;
        List<NetworkStage> stages = [];
        foreach (NetworkDriver driver in drivers)
        {
            stages.Add(new NetworkStage(driver, driver switch
            {
                NetworkDriver.DefaultBridge => "bridge",
                NetworkDriver.Bridge => "blue",
                NetworkDriver.Container => "container:owner",
                _ => driver.ToString().ToLowerInvariant(),
            }, ++port));
            stages[^1].Start(roots, image);
        }
        return stages;
    }

    /// <summary>The arguments of <c>network create</c> for a network of this driver.</summary>
    public string[] Creation(bool isInternal = false)
    {
        if (!IsOnWire) return isInternal ? ["--internal", "--ipv6"] : ["--ipv6"];
        (string v4, string v6) = isInternal ? ("10.98.0", "2001:db8:54")
            : Driver == NetworkDriver.Ipvlan ? ("192.0.2", "2001:db8:52") : ("198.51.100", "2001:db8:51");
        string[] subnets = ["--ipv6", "--subnet", $"{v4}.0/24", "--subnet", $"{v6}::/64"];
        if (isInternal)
            return ["-d", Network, "-o", $"parent={(Parent == "eth1" ? "eth2" : Parent)}", "--internal", .. subnets];
        return ["-d", Network, "-o", $"parent={Parent}", .. subnets,
            "--ip-range", $"{v4}.128/25", "--gateway", $"{v4}.2",
            "--ip-range", $"{v6}::1:0/112", "--gateway", $"{v6}::2"];
    }

    /// <summary>The command of a container that serves a page with its own name, and one with who asks.</summary>
    public static string[] Server(string image, int port = 80) =>
        [image, "sh", "-c", Serve, "sh", TwoMachines.WhoPage, $"{port}"];

    private void Start(OwnRoots roots, string image)
    {
        string[] dns = ["--dns", TwoMachines.Outside.V4], dns6 = ["--dns", TwoMachines.Outside.V6];
        string[] publish = ["-p", $"{Port}:80"];
        if (Driver == NetworkDriver.Container)
        {
            roots.Run("network", "create", "--ipv6", "shared").Exits(0);
            Run(roots, Owner, ["--network", "shared", .. publish, .. dns], [image, "sleep", "1000"]);
            Run(roots, Peer, ["--network", "shared", .. dns6], [image, "sleep", "1000"]);
            Run(roots, Web, ["--network", Network], Server(image));
            return;
        }
        if (Driver == NetworkDriver.Bridge || IsOnWire)
            roots.Run(["network", "create", .. Creation(), Network]).Exits(0);
        Run(roots, Web, ["--network", Network, .. publish, .. dns],
            Server(image, Driver == NetworkDriver.Host ? Port : 80));
        Run(roots, Peer, ["--network", Network, .. dns6], [image, "sleep", "1000"]);
    }

    private static void Run(OwnRoots roots, string name, string[] options, string[] command)
    {
        bool isShared = options[1].StartsWith("container:", StringComparison.Ordinal);
        roots.Run(["run", "-d", "--name", name, .. isShared ? Array.Empty<string>() : ["--hostname", name],
            .. options, .. command]).Exits(0);
    }
}
