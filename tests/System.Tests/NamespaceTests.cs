namespace Skiff.System.Tests;

/// <summary>
/// `--cgroupns`, `--ipc`, `--pid`, `--uts` and `--cgroup-parent`: what a container shares, with whom, and what excludes
/// what.
/// </summary>
public sealed class NamespaceTests(SkiffHost host)
{
    [Theory]
    [InlineData("cgroupns", "cgroup")]
    [InlineData("ipc", "ipc")]
    [InlineData("pid", "pid")]
    [InlineData("uts", "uts")]
    public void A_namespace_is_the_containers_own_unless_it_is_the_hosts(string flag, string kind)
    {
        string own = Directory.ResolveLinkTarget($"/proc/self/ns/{kind}", false)!.Name;
        string script = $"readlink /proc/self/ns/{kind}";
        Assert.NotEqual(own, host.Ask(script));
        Assert.NotEqual(own, host.Ask(script, $"--{flag}=private"));
        Assert.Equal(own, host.Ask(script, $"--{flag}", "host"));
    }

    [Theory]
    [InlineData("cgroupns", "other", "--cgroupns: invalid CGROUP mode")]
    [InlineData("cgroupns", "container:x", "--cgroupns: invalid CGROUP mode")]
    [InlineData("ipc", "container:", "--ipc: invalid IPC mode")]
    [InlineData("pid", "shareable", "--pid: invalid PID mode")]
    [InlineData("uts", "container:x", "--uts: invalid UTS mode")]
    [InlineData("cgroup-parent", "/a/../..", "--cgroup-parent: invalid path")]
    [InlineData("pid", "container:no-such-thing", "No such container: no-such-thing")]
    [InlineData("ipc", "container:no-such-thing", "No such container: no-such-thing")]
    public void An_impossible_mode_is_refused_by_name(string flag, string mode, string words)
    {
        CommandResult result = host.Run("run", "--rm", $"--{flag}", mode, host.Busybox, "true");
        Assert.NotEqual(0, result.ExitCode);
        result.FailsClearly(result.ExitCode, words);
    }

    [Theory]
    [InlineData("hostname and the UTS mode", "--uts=host", "--hostname=other")]
    [InlineData("hostname and the network mode", "--network=container:x", "--hostname=other")]
    [InlineData("sysctl \"net.ipv4.ip_forward\" not allowed in host network namespace",
        "--network=host", "--sysctl=net.ipv4.ip_forward=1")]
    [InlineData("sysctl \"kernel.msgmax\" is not allowed in the hosts ipc namespace",
        "--ipc=host", "--sysctl=kernel.msgmax=1")]
    [InlineData("sysctl 'kernel.core_pattern=|/evil' is not allowed", "--sysctl=kernel.core_pattern=|/evil")]
    [InlineData("sysctl 'vm.overcommit_memory=1' is not allowed", "--sysctl=vm.overcommit_memory=1")]
    public void What_excludes_each_other_or_is_the_hosts_alone_is_refused(string words, params string[] flags) =>
        host.Run(["run", "--rm", .. flags, host.Busybox, "true"]).FailsClearly(125, words);

    [Fact]
    public void Sysctls_of_the_containers_own_namespaces_are_set() =>
        Assert.Equal("4096\n77", host.Ask("cat /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/queues_max",
            "--sysctl", "kernel.msgmax=4096", "--sysctl", "fs.mqueue.queues_max=77"));

    [Fact]
    public void A_container_joins_the_processes_of_another_one()
    {
        using Container first = host.Detached(host.Busybox, "sleep", "1000");
        string seen = host.Ask("ps -o args; readlink /proc/self/ns/pid", "--pid", $"container:{first.Name}");
        Assert.Contains("sleep 1000", seen);
        Assert.Contains(first.Exec("readlink /proc/self/ns/pid").Text(), seen);
        // Its end is not that of the other one.
        Assert.Equal("running", first.Get("State.Status"));
    }

    [Fact]
    public void All_of_a_joining_container_ends_with_its_first_process()
    {
        using Container first = host.Detached(host.Busybox, "sleep", "1000");
        host.Ask("sleep 4321 & true", "--pid", $"container:{first.Name}");
        Assert.DoesNotContain("4321", first.Exec("ps -o args").Text());
    }

    [Fact]
    public void A_shareable_container_shares_its_memory_and_others_do_not()
    {
        using Container donor = host.Detached("--ipc", "shareable", "--shm-size", "3m", host.Busybox, "sleep", "1000");
        donor.Exec("echo shared > /dev/shm/word").Exits(0);
        Assert.Equal($"shared\n{donor.Exec("readlink /proc/self/ns/ipc").Text()}",
            host.Ask("cat /dev/shm/word; readlink /proc/self/ns/ipc", "--ipc", $"container:{donor.Name}"));
        using Container closed = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("run", "--rm", "--ipc", $"container:{closed.Name}", host.Busybox, "true")
            .FailsClearly(125, "can't join IPC of container", "non-shareable IPC");
        closed.Host.Run("stop", "-t", "0", closed.Name).Exits(0);
        host.Run("run", "--rm", "--pid", $"container:{closed.Name}", host.Busybox, "true")
            .FailsClearly(125, "can't join PID namespace of container", "is not running");
    }

    [Fact]
    public void Without_ipc_there_is_no_shared_memory() =>
        Assert.Equal("gone", host.Ask("test -e /dev/shm || echo gone; ls /dev/mqueue", "--ipc", "none"));

    [Fact]
    public void Host_ipc_has_the_hosts_shared_memory()
    {
        string name = "/dev/shm/" + host.NewName("skiff-test");
        File.WriteAllText(name, "the host's");
        try
        {
            Assert.Equal("the host's", host.Ask($"cat {name}", "--ipc", "host"));
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public void The_hosts_name_is_that_of_a_container_on_its_network()
    {
        string name = Environment.MachineName;
        Assert.Equal($"{name}\n{name}", host.Ask("hostname; echo $HOSTNAME", "--network", "host"));
        Assert.Equal(name, host.Ask("hostname", "--uts", "host"));
    }

    [Fact]
    public void A_cgroup_parent_holds_the_container_until_its_end()
    {
        string parent = host.NewName("skiff-parent"), tree = HostState.CgroupRoot;
        try
        {
            using (Container container = host.Detached(
                "--cgroup-parent", $"/{parent}/sub", host.Busybox, "sleep", "99"))
            {
                string cgroup = Path.Combine(tree, parent, "sub", container.Id);
                Assert.Contains(container.Pid.ToString(), File.ReadAllText($"{cgroup}/cgroup.procs").Split('\n'));
                Assert.Equal($"/{parent}/sub", container.Get("HostConfig.CgroupParent"));
                host.Run("pause", container.Name).Exits(0);
                Assert.Equal("paused", container.Get("State.Status"));
                host.Run("unpause", container.Name).Exits(0);
                Assert.Equal("0::/", container.Exec("cat /proc/self/cgroup").Lines[^1]);
            }
            Assert.Empty(Directory.GetDirectories(Path.Combine(tree, parent, "sub")));
        }
        finally
        {
            Directory.Delete(Path.Combine(tree, parent, "sub"));
            Directory.Delete(Path.Combine(tree, parent));
        }
    }

    [Fact]
    public void The_hosts_cgroups_show_where_the_container_is()
    {
        using Container container = host.Detached("--cgroupns", "host", host.Busybox, "sleep", "99");
        Assert.EndsWith($"/skiff/{container.Id}", container.Exec("cat /proc/self/cgroup").Lines[^1]);
        Assert.Equal("host", container.Get("HostConfig.CgroupnsMode"));
    }
}
