using Skiff.Interop.Netlink;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

/// <summary>
/// A network namespace held by descriptor, with an rtnetlink socket that lives inside it: links, addresses and routes
/// are set up through the socket, without any thread entering the namespace. It exists as long as a descriptor, a
/// socket or a process does; disposing lets go of both descriptors.
/// </summary>
public sealed class NetNamespace : IDisposable
{
    private const string OwnNamespace = "/proc/self/ns/net";

    private NetNamespace(Fd fd, Fd socket)
    {
        Fd = fd;
        Rtnetlink = new NetlinkSocket(socket);
    }

    /// <summary>The nsfs descriptor, for setns(2) and IFLA_NET_NS_FD.</summary>
    public Fd Fd { get; }

    /// <summary>An rtnetlink socket inside the namespace; one user at a time.</summary>
    public NetlinkSocket Rtnetlink { get; }

    /// <summary>
    /// A new, empty namespace: only a loopback device, which is down. A child with CLONE_NEWNET and this process'
    /// descriptor table opens both descriptors and exits.
    /// </summary>
    public static NetNamespace Create()
    {
        using var program = new LaunchProgram { Subject = "new network namespace" };
        LaunchStep fd = program.Keep(program.OpenAt(Fd.Cwd, OwnNamespace, OpenFlags.O_RDONLY));
        LaunchStep socket = program.Keep(program.Socket(AF_NETLINK, SOCK_RAW, (int)NetlinkFamily.NETLINK_ROUTE));
        RunToExit(program, CloneFlags.CLONE_NEWNET);
        return new NetNamespace(program.TakeFd(fd), program.TakeFd(socket));
    }

    /// <summary>The namespace of a process; ENOENT when there is no such process.</summary>
    public static NetNamespace Open(int pid) => Open(Files.Open($"/proc/{pid}/ns/net", OpenFlags.O_RDONLY));

    /// <summary>The namespace of an nsfs descriptor, which it takes over.</summary>
    public static NetNamespace Open(Fd fd)
    {
        try
        {
            return new NetNamespace(fd, OpenSocket(fd, AF_NETLINK, SOCK_RAW, (int)NetlinkFamily.NETLINK_ROUTE));
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>socket(2) inside the namespace: the socket stays there, whoever uses it. Close-on-exec.</summary>
    public Fd OpenSocket(int family, int type, int protocol) => OpenSocket(Fd, family, type, protocol);

    /// <inheritdoc/>
    public void Dispose()
    {
        Rtnetlink.Dispose();
        Fd.Dispose();
    }

    private static Fd OpenSocket(Fd fd, int family, int type, int protocol)
    {
        using var program = new LaunchProgram { Subject = $"network namespace {fd}" };
        program.SetNs(fd, CloneFlags.CLONE_NEWNET);
        LaunchStep socket = program.Keep(program.Socket(family, type, protocol));
        RunToExit(program, CloneFlags.None);
        return program.TakeFd(socket);
    }

    private static void RunToExit(LaunchProgram program, CloneFlags namespaces)
    {
        program.Exit();
        using LaunchedProcess child = Launcher.Start(
            program, new LaunchOptions { Namespaces = namespaces, ShareFiles = true });
        child.PidFd.Wait();
    }
}
