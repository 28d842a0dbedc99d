using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

/// <summary>Launches into new and existing namespaces, seen from inside by ordinary tools.</summary>
[Collection(LaunchCollection.Name)]
public class NamespaceTests
{
    private const CloneFlags Fresh = CloneFlags.CLONE_NEWNS | CloneFlags.CLONE_NEWPID | CloneFlags.CLONE_NEWUTS
        | CloneFlags.CLONE_NEWIPC | CloneFlags.CLONE_NEWNET;

    private const ulong MS_REC_PRIVATE = 0x4000 | 0x40000;

    [Fact]
    public void A_child_in_new_namespaces_is_process_1_with_its_own_name_and_mounts()
    {
        var (output, _) = Run.Captured("/bin/sh", ["sh", "-c", "echo $$ $(hostname) $(findmnt -n -o FSTYPE /mnt)"],
            ["PATH=/usr/bin:/bin"],
            program =>
            {
                program.Mount("none", "/", null, MS_REC_PRIVATE);
                LaunchStep context = program.FsOpen("tmpfs");
                program.FsConfigString(context, "size", "1m");
                program.FsConfigCreate(context, "tmpfs");
                LaunchStep mount = program.FsMount(context, 0);
                program.MoveMount(mount, Fd.Cwd, "/mnt");
                program.Mount("proc", "/proc", "proc", 0);
                program.SetHostname("inside");
            },
            new LaunchOptions { Namespaces = Fresh });
        Assert.Equal("1 inside tmpfs\n", output);
        Assert.DoesNotContain(" /mnt ", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_process_joins_all_namespaces_of_the_first_by_pidfd()
    {
        using LaunchedProcess first = Sleeper(Fresh);
        try
        {
            const CloneFlags joined = CloneFlags.CLONE_NEWNS | CloneFlags.CLONE_NEWUTS | CloneFlags.CLONE_NEWIPC
                | CloneFlags.CLONE_NEWNET;
            var (output, status) = Run.Captured("/bin/sh", ["sh", "-c", "echo $$ $(hostname); readlink /proc/1/exe"],
                ["PATH=/usr/bin:/bin"], program => program.SetNs(first.PidFd.Fd, joined),
                new LaunchOptions { PidNamespaceOf = first.PidFd.Fd });
            Assert.Equal(0, status.Code);
            Assert.Matches("^[2-9] sleeper\n.*sleep\n$", output);
        }
        finally
        {
            first.PidFd.SendSignal(Signals.SIGKILL);
            Assert.Equal(new ExitStatus(0, Signals.SIGKILL, false), first.PidFd.Wait());
        }
        Assert.Equal("/bin/sh: own", Run.Captured("/bin/sh", ["sh", "-c", "[ $$ -gt 9 ] && printf '/bin/sh: own'"],
            []).Output);
    }

    [Fact]
    public void A_network_namespace_is_configured_through_its_socket()
    {
        string own = Link("/proc/thread-self/ns/net");
        using NetNamespace made = NetNamespace.Create();
        string inside = Link($"/proc/self/fd/{made.Fd.Number}");
        Assert.StartsWith("net:[", inside, StringComparison.Ordinal);
        Assert.NotEqual(own, inside);
        Assert.Equal(own, Link("/proc/thread-self/ns/net"));
        var (output, _) = Run.Captured("/bin/readlink", ["readlink", "/proc/self/ns/net"], [],
            program => program.SetNs(made.Fd, CloneFlags.CLONE_NEWNET));
        Assert.Equal(inside, output.TrimEnd());
        Assert.Single(Links.List(made.Rtnetlink), link => link.Name == "lo");
    }

    [Fact]
    public void The_network_namespace_of_a_process_opens_with_a_socket_inside()
    {
        using LaunchedProcess sleeper = Sleeper(CloneFlags.CLONE_NEWNET | CloneFlags.CLONE_NEWUTS);
        try
        {
            using NetNamespace opened = NetNamespace.Open(sleeper.Pid);
            Assert.Equal(Link($"/proc/{sleeper.Pid}/ns/net"), Link($"/proc/self/fd/{opened.Fd.Number}"));
            Assert.Single(Links.List(opened.Rtnetlink));
            Assert.True(Links.List(NetlinkSocket.Open(NetlinkFamily.NETLINK_ROUTE)).Count >= 1);
        }
        finally
        {
            sleeper.PidFd.SendSignal(Signals.SIGKILL);
            sleeper.PidFd.Wait();
        }
        var error = Assert.Throws<LinuxException>(() => NetNamespace.Open(int.MaxValue));
        Assert.Equal(Errno.ENOENT, error.Errno);
    }

    [Fact]
    public void Ids_capabilities_and_limits_are_what_the_program_set()
    {
        var (output, _) = Run.Captured("/bin/sh",
            ["sh", "-c", "id -u; id -g; id -G; ulimit -n; grep -E '^(Cap|NoNew)' /proc/self/status"],
                ["PATH=/usr/bin:/bin"],
            program =>
            {
                var net = new CapabilitySet(1UL << 10);
                program.Prlimit(new Rlimit(7, 100, 200));
                program.DropBounding(net);
                program.SetGroups(7, 8);
                program.SetGid(5);
                program.KeepCapabilities();
                program.SetUid(65534);
                program.CapSet(net, net, net);
                program.SetAmbient(net);
                program.NoNewPrivs();
            });
        Assert.Equal(
            "65534\n5\n5 7 8\n100\n"
            + "CapInh:\t0000000000000400\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n"
            + "CapBnd:\t0000000000000400\nCapAmb:\t0000000000000400\nNoNewPrivs:\t1\n", output);
    }

    private static LaunchedProcess Sleeper(CloneFlags namespaces)
    {
        using var program = new LaunchProgram();
        if ((namespaces & CloneFlags.CLONE_NEWNS) != 0)
        {
            program.Mount("none", "/", null, MS_REC_PRIVATE);
            program.Mount("proc", "/proc", "proc", 0);
        }
        program.SetHostname("sleeper");
        program.ResetSignals();
        program.ExecVe("/bin/sleep", ["sleep", "30"], []);
        return Launcher.Start(program, new LaunchOptions { Namespaces = namespaces });
    }

    private static string Link(string path) => Files.TryReadLink(path, out string target) ? target : "";
}
