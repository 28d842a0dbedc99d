namespace Skiff.System.Tests;

/// <summary>
/// Two machines, each a network namespace: the one that Skiff runs on, and one outside that is its router, the server
/// of a page that says who asked, and a server of names. Three wires join them, as a wire takes the links
/// of one driver alone.
/// </summary>
internal sealed class TwoMachines : IDisposable
{
    /// <summary>What is called www.example.com, behind the router.</summary>
    public static readonly (string V4, string V6) Far = ("203.0.113.1", "2001:db8:113::1");

    /// <summary>The host on eth0.</summary>
    public static readonly (string V4, string V6) Host = ("198.51.100.1", "2001:db8:51::1");

    /// <summary>The machine outside on eth0.</summary>
    public static readonly (string V4, string V6) Outside = ("198.51.100.2", "2001:db8:51::2");

    private const string SetUp =
        """
        join() {
            ip link add $1 type veth peer name $1 netns $OUTSIDE
            ip link set $1 up
            ip addr add $2.1/24 dev $1
            ip addr add $3::1/64 dev $1 nodad
            nsenter -t $OUTSIDE -n ip link set $1 up
            nsenter -t $OUTSIDE -n ip addr add $2.2/24 dev $1
            nsenter -t $OUTSIDE -n ip addr add $3::2/64 dev $1 nodad
        }
        set -e
        ip link set lo up
        nsenter -t $OUTSIDE -n ip link set lo up
        join eth0 198.51.100 2001:db8:51
        join eth1 192.0.2 2001:db8:52
        join eth2 10.99.0 2001:db8:53
        ip route add default via 198.51.100.2
        ip -6 route add default via 2001:db8:51::2
        nsenter -t $OUTSIDE -n ip addr add 203.0.113.1/32 dev lo
        nsenter -t $OUTSIDE -n ip addr add 2001:db8:113::1/128 dev lo nodad
        """;

    // Knows one name. Flags QR, RD, RA; the question; a pointer to its name, class IN, 60 s.
    private const string NameServer =
        """
        import ipaddress, socket, sys, threading
        def serve(family, address):
            server = socket.socket(family, socket.SOCK_DGRAM)
            server.bind((address, 53))
            while True:
                asked, who = server.recvfrom(512)
                end = asked.index(0, 12) + 5
                kind = asked[end - 4:end - 2]
                is_known = asked[12:end - 4].lower() == b"\3www\7example\3com\0"
                known = {b"\0\1": sys.argv[3], b"\0\x1c": sys.argv[4]}.get(kind)
                known = ipaddress.ip_address(known).packed if is_known and known else None
                answer = b"\xc0\x0c" + kind + b"\0\1\0\0\0\x3c\0" + bytes([len(known)]) + known if known else b""
                server.sendto(asked[:2] + b"\x81\x80\0\1\0" + bytes([known is not None]) + b"\0\0\0\0" + asked[12:end]
                    + answer, who)
        threading.Thread(target=serve, args=(socket.AF_INET6, sys.argv[2])).start()
        serve(socket.AF_INET, sys.argv[1])
        """;

    private readonly List<Command> _commands = [];
    private readonly SkiffHost _skiff;

    public TwoMachines(SkiffHost host)
    {
        _skiff = host;
        HostPid = NewNamespace();
        OutsidePid = NewNamespace();
        OnHost(SetUp).Exits(0);
        string folder = Path.Combine(host.NewFolder(), "cgi-bin");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "who"), WhoPage);
        Command.Run("chmod", "755", Path.Combine(folder, "who")).Exits(0);
        Keep(OutsidePid, "busybox", "httpd", "-f", "-p", "80", "-h", Path.GetDirectoryName(folder)!);
        Keep(OutsidePid, "/usr/bin/python3", "-c", NameServer, Outside.V4, Outside.V6, Far.V4, Far.V6);
        Wait.Until(() => OnOutside("ss -Hlnu | grep -c ':53 '; ss -Hlnt | grep -c ':80 '").Out is "2\n1\n",
            "the servers outside listen");
    }

    /// <summary>A program for busybox's httpd (CGI) that prints the address of who asks.</summary>
    public const string WhoPage = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s\\n' \"$REMOTE_ADDR\"\n";

    /// <summary>A process in the host's namespace.</summary>
    public int HostPid { get; }

    /// <summary>A process in the namespace of the machine outside.</summary>
    public int OutsidePid { get; }

    /// <summary>An engine of the host's, with busybox, which is pulled while the registry is in reach.</summary>
    public OwnRoots NewRoots()
    {
        var roots = new OwnRoots(_skiff);
        roots.Run("pull", "-q", _skiff.Busybox).Exits(0);
        roots.NetworkOf = HostPid;
        return roots;
    }

    /// <summary>Runs a shell line on the host.</summary>
    public CommandResult OnHost(string script) => In(HostPid, script);

    /// <summary>Runs a shell line outside.</summary>
    public CommandResult OnOutside(string script) => In(OutsidePid, script);

    /// <summary>Runs a shell line of this machine's programs in the network namespace of a process.</summary>
    public CommandResult In(int pid, string script)
    {
        using Command command = Command.Start("nsenter",
            ["--target", $"{pid}", "--net", "/bin/bash", "-c", $"OUTSIDE={OutsidePid}\n{script}"]);
        return command.Finish();
    }

    /// <summary>Ends what runs there; the kernel takes the rest away with the namespaces.</summary>
    public void Dispose()
    {
        foreach (Command command in _commands) command.Dispose();
    }

    private int NewNamespace()
    {
        var holder = Command.Start("unshare", ["--net", "sleep", "infinity"]);
        _commands.Add(holder);
        string own = Namespace("self");
        Wait.Until(() => Namespace($"{holder.Pid}") != own, "a network namespace");
        return holder.Pid;
    }

    private void Keep(int pid, params string[] arguments) =>
        _commands.Add(Command.Start("nsenter", ["--target", $"{pid}", "--net", .. arguments]));

    private static string Namespace(string process) =>
        Command.Run("readlink", $"/proc/{process}/ns/net").Text();
}
