namespace Skiff.System.Tests;

/// <summary>A container on the network "lan", whose DHCP server has given it an address.</summary>
internal sealed class LeasedContainer
{
    private readonly OwnRoots _roots;
    private readonly string _report, _link;
    private readonly string? _blue;
    private readonly int _number, _monitor;

    public LeasedContainer(OwnRoots roots, int number, string report, bool hasBridge)
    {
        (_roots, _number, _report) = (roots, number, report);
        _link = hasBridge ? "eth1" : "eth0";
        _monitor = roots.MonitorOf(Name);
        First = AddressOn("lan");
        _blue = hasBridge ? AddressOn("blue") : null;
        Gets(First);
    }

    public string Name => $"c{_number}";

    /// <summary>The address that it had first.</summary>
    public string First { get; }

    /// <summary>How many messages of its monitor have been counted.</summary>
    public int Messages => int.Parse(File.ReadAllText(_report));

    /// <summary>Waits until all that is said of its address is about that one, or about none.</summary>
    public void Gets(string? address)
    {
        string way = address is not null ? $"default via {LeaseServer.Address} dev {_link}"
            : _blue is not null ? $"default via {_blue[.._blue.LastIndexOf('.')]}.1 dev eth0" : "";
        string[] wanted = [$"says {address}", $"way {way}", .. address is null ? (string[])[]
            : [$"has {address}/24", $"hosts {address}", $"name {address}", "watches it"],
            .. _blue is null ? (string[])[] : [$"port {address ?? _blue}"], $"monitor {_monitor}"];
        string[] seen = [];
        Wait.Until(() => (seen = See()).SequenceEqual(wanted), () => $"{Name} has\n{string.Join('\n', seen)}\nnot\n"
            + $"{string.Join('\n', wanted)}\nafter {Messages} messages", 90);
        // Not before: a connection whose addresses go keeps its namespace for two minutes.
        if (_blue is not null) Command.Shell($"curl -gs -m 10 http://[::1]:{8000 + _number}/").Exits(0);
    }

    private string AddressOn(string network) =>
        _roots.Run("inspect", Name, "--format", $"{{{{.NetworkSettings.Networks.{network}.IPAddress}}}}").Text();

    private string[] See()
    {
        string pid = _roots.Run("inspect", Name, "--format", "{{.State.Pid}}").Text();
        return [$"says {AddressOn("lan")}", .. Command.Shell($"""
            cd {_roots.Folder}/run/networks
            inside='nsenter -t {pid} -n'
            echo way $($inside ip route show default)
            $inside ip -o -4 addr show {_link} | sed 's/.* inet \([^ ]*\) .*/has \1/'
            grep -o '^198.51.100.[0-9]*' /proc/{pid}/root/etc/hosts | sed 's/^/hosts /'
            find . -path '*/names/c{_number}/*' -type l -printf '%l\n' | grep ^198 | sed 's/^/name /'
            $inside cat /proc/net/packet | grep -q ' 0806 ' && echo watches it
            nft list ruleset | grep -o '\b{8000 + _number} : [0-9.]*' | sed 's/.*: /port /' | sort -u
            """).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            $"monitor {_roots.MonitorOf(Name)}"];
    }
}
