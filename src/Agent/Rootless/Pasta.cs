using System.Globalization;
using System.Net;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Rootless;

/// <summary>
/// The network of a rootless container: pasta (passt.top) stands between its namespace and sockets of the user. It ends
/// when <c>RUNDIRECTORY/netns</c> goes, which names the namespace for it: with the container's volatile directory at
/// the latest, whoever removes that.
/// </summary>
internal static class Pasta
{
    /// <summary>How its network is called.</summary>
    public const string NetworkName = "pasta";

    private const string Link = "eth0";

    // It is told by inotify, and then ends at once.
    private const int EndMs = 5_000;

    /// <summary>Starts one for a namespace and waits until it works.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="runDirectory">Its volatile directory.</param>
    /// <param name="ports">What it publishes, by definite numbers.</param>
    public static Endpoint Start(
        string containerId, NetNamespace ns, string runDirectory, IReadOnlyList<PortMapping> ports)
    {
        string name = $"{runDirectory}/netns";
        Stop(runDirectory);
        // Mounted in the monitor's mount namespace, which pasta shares: it has no right to look at our descriptors.
        Files.Open(name, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180).Dispose();
        using (Fd mount = Mounts.CloneTree(ns.Fd, "", recursive: false)) Mounts.Attach(mount, name);
        string pid = $"{runDirectory}/pasta.pid";
        Run(Find(), [.. Arguments(name, ports), "--pid", pid]);
        // It has written this before it went into the background.
        if (Files.TryReadAllBytes(Fd.Cwd, pid, out byte[] text) == Errno.None
            && int.TryParse(text, CultureInfo.InvariantCulture, out int number))
            AtomicFile.Replace(RecordIn(runDirectory), ProcessText.Of(number), durable: false);
        return Describe(containerId, ns.Rtnetlink, ports);
    }

    /// <summary>Ends it, and waits until its ports are free; fine when there is none.</summary>
    public static void Stop(string runDirectory)
    {
        using PidFd? process = Files.TryReadAllBytes(Fd.Cwd, RecordIn(runDirectory), out byte[] record) == Errno.None
            ? ProcessText.TryOpen(record, out _) : null;
        Mounts.TryUnmount($"{runDirectory}/netns", detach: true);
        Files.TryUnlinkAt(Fd.Cwd, $"{runDirectory}/netns");
        if (process is null) return;
        Files.Poll(process.Fd, PollEvents.POLLIN, EndMs);
        Files.TryUnlinkAt(Fd.Cwd, RecordIn(runDirectory));
    }

    private static string RecordIn(string runDirectory) => $"{runDirectory}/pasta";

    private static string Find() =>
        HostProgram.Find("pasta", $"{Environment.GetEnvironmentVariable("PATH")}:/usr/bin:/bin:/usr/local/bin")
        ?? throw new UsageException("a rootless container gets its network from pasta, which is not installed: install "
            + "the package passt, or use --network host or --network none", 125);

    // Nothing of the container's is forwarded to the host's loopback, nor is the gateway's address the host.
    private static List<string> Arguments(string netns, IReadOnlyList<PortMapping> ports)
    {
        List<string> arguments =
            ["--config-net", "--quiet", "--ns-ifname", Link, "--no-map-gw", "-T", "none", "-U", "none"];
        foreach (PortProtocol protocol in (ReadOnlySpan<PortProtocol>)[PortProtocol.Tcp, PortProtocol.Udp])
        {
            string flag = protocol == PortProtocol.Tcp ? "-t" : "-u";
            int before = arguments.Count;
            foreach (PortMapping port in ports)
                if (port.Protocol == protocol) arguments.AddRange([flag, Text(port)]);
            if (arguments.Count == before) arguments.AddRange([flag, "none"]);
        }
        arguments.AddRange(["--netns", netns]);
        return arguments;
    }

    private static string Text(PortMapping port)
    {
        string address = port.HostAddress.Equals(IPAddress.Any) ? "" : $"{port.HostAddress}/";
        return string.Create(CultureInfo.InvariantCulture, $"{address}{port.HostPort}:{port.ContainerPort}");
    }

    // It goes into the background when all is set up.
    private static void Run(string program, List<string> arguments)
    {
        (Fd read, Fd write) = Files.Pipe();
        using (read)
        {
            LaunchedProcess process;
            using (write)
            using (Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR))
                process = Spawn.Start(new SpawnRequest
                {
                    Path = program,
                    Arguments = ["pasta", .. arguments],
                    Environment = ["PATH=/usr/bin:/bin"],
                    Descriptors = [nothing, nothing, write],
                    WorkingDirectory = "/",
                });
            using (process)
            {
                write.Dispose();
                Files.TryReadToEnd(read, out byte[] said);
                if (process.PidFd.Wait().ShellCode == 0) return;
                throw new UsageException(
                    $"pasta could not make the container's network: {Encoding.UTF8.GetString(said).Trim()} "
                    + $"({program} {string.Join(' ', arguments)}); it needs /dev/net/tun, and an address and a default "
                    + "route on the host", 125);
            }
        }
    }

    private static Endpoint Describe(string containerId, NetlinkSocket inside, IReadOnlyList<PortMapping> ports)
    {
        LinkInfo link = Links.Find(inside, Link) ?? throw new UsageException($"pasta has made no {Link}", 125);
        AddressInfo? address = null;
        foreach (AddressInfo found in Addresses.List(inside))
            if (found.LinkIndex == link.Index && found.Address.GetAddressBytes().Length == 4) address ??= found;
        IPAddress? gateway = null;
        foreach (RouteInfo route in Routes.List(inside))
            if (route.Destination.PrefixLength == 0 && route.Gateway?.GetAddressBytes().Length == 4)
                gateway ??= route.Gateway;
        return new Endpoint
        {
            ContainerId = containerId, NetworkId = "", NetworkName = NetworkName, HostVeth = "",
            Address = address?.Address ?? IPAddress.Any, PrefixLength = address?.PrefixLength ?? 0,
            Gateway = gateway ?? IPAddress.Any, IsGateway = true, Mac = link.Mac, Ports = [.. ports],
        };
    }
}
