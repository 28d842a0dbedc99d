using System.Globalization;

namespace Skiff.System.Tests;

/// <summary>Containers of a user who is not root.</summary>
public sealed class RootlessTests(SkiffHost host)
{
    [Fact]
    public void A_user_runs_containers_with_the_ids_of_subuid()
    {
        using var user = NewUser();
        Assert.Equal("uid=0(root) gid=0(root) groups=0(root)",
            user.Run("run", "--rm", "--network", "none", host.Busybox, "id").Text());
        string map = user.Run("run", "--rm", "--network", "none", host.Busybox, "cat", "/proc/self/uid_map",
            "/proc/self/gid_map", "/proc/self/setgroups").Text();
        string expected = $"0 {user.Id} 1 1 {user.FirstId} 65536";
        Assert.Equal($"{expected} {expected} allow", Words(map));
        Assert.Equal("uid=1000 gid=2000 groups=2000", user.Run(
            "run", "--rm", "--network", "none", "-u", "1000:2000", host.Busybox, "id").Text());
        user.Run("run", "--rm", "--network", "none", "-u", "65537", host.Busybox, "true")
            .FailsClearly(125, "setresuid(65537)", "/etc/subuid");
        string info = user.Run("info").Text();
        Assert.Contains("Security Options: rootless", info);
        Assert.Contains($"Root Dir: {user.Home}/.local/share/skiff", info);
        Assert.Contains($"Run Root Dir: {user.RunRoot}/skiff", info);
        Assert.Equal("700", Command.Run("stat", "-c", "%a", $"{user.Home}/.local/share/skiff").Text());
        // One process of eight kilobytes keeps the namespace, and nothing else of the user's runs.
        Wait.Until(() => user.Processes().Count == 1, "one process is left");
        Assert.Equal("skiff userns", Assert.Single(user.Processes()).Split(" (")[0].Trim());
    }

    [Fact]
    public void A_container_of_a_user_shows_the_same_files_as_one_of_root()
    {
        using var user = NewUser();
        const string Script = "find / -xdev ! -path '/sys*' ! -path '/proc*' ! -path '/dev*' ! -name '.dockerenv' "
            + "-exec stat -c '%n %F %u:%g %a' {} + | sort";
        foreach (string image in (ReadOnlySpan<string>)[host.Probe, host.Debian])
        {
            string[] ask = ["run", "--rm", "--network", "none", "-u", "0", image, "sh", "-c", Script];
            Assert.Equal(host.Run(ask).Text(), user.Run(ask).Text());
        }
    }

    [Fact]
    public void What_a_container_writes_belongs_to_the_user_and_to_ids_given_away()
    {
        using var user = NewUser();
        Directory.CreateDirectory($"{user.Home}/bound");
        Command.Run("chown", $"{user.Id}:{user.Id}", $"{user.Home}/bound").Exits(0);
        user.Run("run", "--rm", "--network", "none", "-u", "0", "-v", "vol:/data", "-v", "./bound:/b", host.Probe,
            "sh", "-c", "touch /b/root /b/web; chown 1000:1000 /b/web; touch /data/new").Exits(0);
        long web = user.FirstId + 999;
        Assert.Equal($"{user.Id}:{user.Id}\n{web}:{web}",
            Command.Run("stat", "-c", "%u:%g", $"{user.Home}/bound/root", $"{user.Home}/bound/web").Text());
        Assert.Equal("1000:1000 0:0", Words(user.Run("run", "--rm", "--network", "none", "-v", "vol:/data",
            host.Busybox, "stat", "-c", "%u:%g", "/data/sub", "/data/new").Text()));
        CommandResult shadow = user.Run(
            "run", "--rm", "--network", "none", "-v", "/etc:/b", host.Busybox, "cat", "/b/shadow");
        Assert.Contains("Permission denied", shadow.Error);
        Assert.Equal("1", user.Run("run", "--rm", "--network", "none", "--privileged", "-v", "/:/host", host.Busybox,
            "sh", "-c", "cat /host/etc/shadow; echo $?").Text());
        Assert.Contains("vol", user.Run("volume", "ls").Text());
        user.Run("volume", "rm", "vol").Exits(0);
    }

    [Fact]
    public void Mounted_volumes_are_shared_among_the_users_containers()
    {
        using var user = NewUser();
        string[] run = ["run", "--rm", "--network", "none", "-v", "mem:/v", host.Busybox];
        user.Run("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m", "mem").Exits(0);
        foreach (string name in (ReadOnlySpan<string>)["aa", "bb"])
            user.Run(["run", "-d", "--name", name, .. run[2..], "sleep", "1000"]).Exits(0);
        user.Run("exec", "aa", "sh", "-c", "echo one > /v/one").Exits(0);
        Assert.Equal("one", user.Run("exec", "bb", "cat", "/v/one").Text());
        user.Run("rm", "-f", "aa").Exits(0);
        Assert.Equal("one", user.Run([.. run, "cat", "/v/one"]).Text());
        user.Run("rm", "-f", "bb").Exits(0);
        Assert.Equal("", user.Run([.. run, "ls", "-A", "/v"]).Text());
        user.Run("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", $"device={user.Home}", "home").Exits(0);
        user.Run("run", "--rm", "--network", "none", "-v", "home:/v", host.Busybox, "touch", "/v/made").Exits(0);
        Assert.Equal($"{user.Id}", Command.Run("stat", "-c", "%u", $"{user.Home}/made").Text());
        user.Run("pull", "-q", host.Probe).Exits(0);
        Assert.Equal("seed", user.Run("run", "--rm", "--network", "none", "--mount",
            $"type=image,src={host.Probe},dst=/m,image-subpath=data", host.Busybox, "cat", "/m/seed.txt").Text());
        user.Run("volume", "rm", "mem", "home").Exits(0);
        Assert.True(File.Exists($"{user.Home}/made"));
    }

    [Fact]
    public void A_container_lives_as_one_of_root_does()
    {
        using var user = NewUser();
        user.Run("run", "-d", "--network", "none", "--name", "web", "--restart", "on-failure:1", "--health-cmd", "true",
            "--health-interval", "100ms", host.Busybox, "sh", "-c", "echo out; echo err >&2; sleep 1000").Exits(0);
        Wait.Until(() => user.Run("ps").Out.Contains("(healthy)"), "the container is healthy");
        CommandResult logs = user.Run("logs", "web").Exits(0);
        Assert.Equal(("out\n", "err\n"), (logs.Out, logs.Error));
        Assert.Equal("uid=7 gid=0(root) groups=0(root)", user.Run("exec", "-u", "7", "web", "id").Text());
        Assert.Equal("/dev/pts/0", user.Run("exec", "-t", "web", "tty").Text().Trim());
        Assert.Contains("sleep 1000", user.Run("top", "web").Text());
        File.WriteAllText($"{user.RunRoot}/given", "text");
        user.Run("cp", $"{user.RunRoot}/given", "web:/given").Exits(0);
        Assert.Equal("text", user.Run("exec", "web", "cat", "/given").Text());
        user.Run("exec", "web", "sh", "-c", "rm /etc/passwd; rm -r /usr && mkdir /usr; touch /usr/new").Exits(0);
        Assert.Contains("D /etc/passwd", user.Run("diff", "web").Text());
        user.Run("commit", "web", "made").Exits(0);
        user.Run("stop", "-t", "0", "web").Exits(0);
        Assert.Equal("137", user.Run("inspect", "-f", "{{.State.ExitCode}}", "web").Text());
        user.Run("start", "web").Exits(0);
        user.Run("restart", "-t", "0", "web").Exits(0);
        Assert.Equal("text", user.Run("exec", "web", "cat", "/given").Text());
        user.Run("rm", "-f", "web").Exits(0);
        user.Run("save", "-o", "made.tar", "made").Exits(0);
        user.Run("rmi", "made").Exits(0);
        user.Run("load", "-i", "made.tar").Exits(0);
        // Its whiteout and its opaque directory have gone through a tar and come back.
        Assert.Equal("new", Words(user.Run("run", "--rm", "--network", "none", "made", "sh", "-c",
            "ls /etc/passwd 2>/dev/null; ls /usr").Text()));
        Assert.Contains(" 0 defects", user.Run("system", "check").Text());
    }

    [Fact]
    public void Groups_of_the_user_do_not_reach_a_container()
    {
        using var user = NewUser();
        user.Groups = "4,27";
        Assert.Equal("uid=0(root) gid=0(root) groups=0(root)",
            user.Run("run", "--rm", "--network", "none", host.Busybox, "id").Text());
        Assert.Equal("uid=7 gid=8 groups=8", user.Run("run", "--rm", "--network", "none", "-u", "7:8", host.Busybox,
            "id").Text());
    }

    [Fact]
    public void Roots_own_process_is_not_taken_for_one_inside_by_a_variable()
    {
        using Command info = Command.Start(host.Binary, ["--snapshotter", "erofs", "images"],
            new Dictionary<string, string?>(host.Variables()) { ["SKIFF_ROOTLESS"] = host.NewFolder() });
        info.Finish().Exits(0);
    }

    [Fact]
    public void Pasta_connects_a_container_and_publishes_its_ports()
    {
        using var user = NewUser();
        (int first, int second) = (NetworkTests.FreePort(), NetworkTests.FreePort());
        user.Run("run", "-d", "--name", "web", "-p", $"{first}:80", "-p", $"127.0.0.1:{second}:81", host.Busybox,
            "sh", "-c", "mkdir /w; echo hello > /w/index.html; httpd -p 80 -h /w; httpd -p 81 -h /w; sleep 1000")
            .Exits(0);
        string own = Command.Shell("ip -o -4 route get 1.1.1.1 | sed 's/.* src \\([^ ]*\\).*/\\1/'").Text();
        foreach (string place in (ReadOnlySpan<string>)[$"127.0.0.1:{first}", $"{own}:{first}", $"127.0.0.1:{second}"])
            Wait.Until(() => Command.Run("curl", "-s", "-m", "2", $"http://{place}/").Out == "hello\n",
                $"{place} answers");
        Assert.NotEqual(0, Command.Run("curl", "-s", "-m", "2", $"http://{own}:{second}/").ExitCode);
        Assert.Equal($"80/tcp -> 0.0.0.0:{first}\n81/tcp -> 127.0.0.1:{second}", user.Run("port", "web").Text());
        Assert.Equal(own, user.Run("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "web").Text());
        // The host's loopback is not the container's, and the registry there is out of reach.
        user.Run("exec", "web", "nc", "-w", "2", own, $"{host.RegistryPort}").Exits(1);
        user.Run("run", "--rm", "-p", $"{first}:80", host.Busybox, "true").FailsClearly(125, "already allocated");
        user.Run("run", "--rm", "--ip", "192.0.2.77", host.Busybox, "true").FailsClearly(125, "--ip");
        user.Run("stop", "-t", "0", "web").Exits(0);
        Wait.Until(() => !user.Processes().Any(line => line.Contains("pasta")), "pasta ends with its container");
        user.Run("start", "web").Exits(0);
        Wait.Until(() => Command.Run("curl", "-s", "-m", "2", $"http://127.0.0.1:{first}/").Out == "hello\n",
            "the port answers after another start");
        user.Run("rm", "-f", "web").Exits(0);
        for (int i = 0; i < 10; i++)
        {
            // Its ports are free when it has been removed.
            user.Run("run", "-d", "--name", "web", "-p", $"{first}:80", host.Busybox, "sleep", "1000").Exits(0);
            user.Run("rm", "-f", "web").Exits(0);
        }
    }

    [Fact]
    public void Without_pasta_the_error_says_what_to_install()
    {
        using var user = NewUser();
        user.Before = "touch etc/none; mount --bind etc/none /usr/bin/passt";
        user.Run("run", "--rm", host.Busybox, "true")
            .FailsClearly(125, "pasta", "not installed", "package passt", "--network host");
        Assert.Contains("lo", user.Run("run", "--rm", "--network", "host", host.Busybox, "ls", "/sys/class/net")
            .Text());
    }

    [Fact]
    public void Without_ids_to_give_away_a_container_has_the_users_own_one()
    {
        using var user = new RootlessUser(host, withIds: false);
        Assert.Contains("rootless in /etc/subuid and /etc/subgid not found",
            user.Run("pull", "-q", host.Busybox).Exits(0).Error);
        CommandResult seen = user.Run("run", "--rm", "--network", "none", host.Busybox, "sh", "-c",
            "id; cat /proc/self/uid_map /proc/self/setgroups; touch /x; stat -c %u:%g /x; tty").Exits(1);
        Assert.Equal($"uid=0(root) gid=0(root) 0 {user.Id} 1 deny 0:0 not a tty", Words(seen.Out));
        Assert.Equal("/dev/pts/0", user.Run(
            "run", "--rm", "-t", "--network", "none", host.Busybox, "tty").Text().Trim());
        user.Run("run", "--rm", "--network", "none", "-u", "1000", host.Busybox, "true")
            .FailsClearly(125, "setresuid(1000)", "/etc/subuid");
        user.Run("pull", "-q", host.Probe).FailsClearly(1, "EINVAL", "/etc/subuid");
    }

    [Theory]
    [InlineData("needs root", "--userns", "auto")]
    [InlineData("network other needs root", "--network", "other")]
    [InlineData("oom_score_adj", "--oom-score-adj", "-5")]
    [InlineData("prlimit(nofile=10:2000000000)", "--ulimit", "nofile=10:2000000000")]
    public void What_needs_root_is_refused_by_name(string words, params string[] flags)
    {
        using var user = NewUser();
        string[] network = flags[0] == "--network" ? [] : ["--network", "none"];
        user.Run(["run", "--rm", .. network, .. flags, host.Busybox, "true"]).FailsClearly(125, words);
    }

    [Fact]
    public void The_layer_store_of_root_is_refused()
    {
        using var user = NewUser();
        user.Run("--snapshotter", "erofs", "images").FailsClearly(1, "erofs needs root");
    }

    [Fact]
    public void Namespaces_of_the_host_are_shared_as_far_as_the_kernel_lets_a_user()
    {
        using var user = NewUser();
        string[] flags = ["--network", "host", "--pid", "host", "--ipc", "host", "--uts", "host", "--cgroupns", "host"];
        string seen = user.Run(["run", "--rm", .. flags, host.Busybox, "sh", "-c",
            "for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done; "
            + "touch /sys/made /proc/sys/made /sys/fs/cgroup/made 2>/dev/null || echo refused"]).Text();
        string own = Command.Shell("for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done").Text();
        Assert.Equal($"{own}\nrefused", seen);
    }

    [Fact]
    public void Limits_are_discarded_with_a_warning_where_no_cgroup_is_delegated()
    {
        using var user = NewUser();
        CommandResult run = user.Run("run", "-d", "--name", "cc", "--network", "none", "--memory", "64m", host.Busybox,
            "sleep", "1000").Exits(0);
        Assert.Contains("WARNING: limits are discarded", run.Error);
        Assert.Contains("limits are discarded", user.Run("inspect", "cc").Text());
        Assert.Contains("limits are discarded", user.Run("update", "--memory", "32m", "cc").Exits(0).Error);
        Assert.Equal("", user.Run("update", "--restart", "no", "cc").Exits(0).Error);
        user.Run("pause", "cc").FailsClearly(1, "delegated");
    }

    [Fact]
    public void A_delegated_cgroup_has_the_users_containers()
    {
        using var user = NewUser();
        string group = Path.Combine(HostState.CgroupRoot, $"skiff-rootless-{user.Id}");
        Command.Shell("mkdir -p $1/shell && chown $2 $1 $1/cgroup.procs $1/cgroup.subtree_control $1/shell "
            + "$1/shell/cgroup.procs", group, $"{user.Id}").Exits(0);
        try
        {
            user.Before = $"echo $$ > {group}/shell/cgroup.procs";
            string id = user.Run(
                "run", "-d", "--name", "cc", "--network", "none", host.Busybox, "sleep", "1000").Text();
            Assert.Single(File.ReadAllLines($"{group}/skiff/{id}/cgroup.procs"));
            user.Run("pause", "cc").Exits(0);
            // Another verb finds the cgroup from wherever it is called.
            user.Before = ":";
            Assert.Contains("(Paused)", user.Run("ps").Text());
            user.Run("unpause", "cc").Exits(0);
            user.Run("exec", "cc", "true").Exits(0);
            user.Run("rm", "-f", "cc").Exits(0);
            Assert.False(Directory.Exists($"{group}/skiff/{id}"));
        }
        finally
        {
            user.Run("rm", "-f", "cc");
            Command.Shell("kill $(cut -d' ' -f1 $2/skiff/userns); for i in $(seq 50); do "
                + "rmdir $1/skiff/monitor $1/skiff $1/shell $1 2>/dev/null; [ -d $1 ] || break; sleep 0.1; done",
                group, user.RunRoot);
        }
    }

    [Fact]
    public void A_killed_monitor_and_a_killed_holder_of_the_namespace_are_got_over()
    {
        using var user = NewUser();
        foreach (string name in (ReadOnlySpan<string>)["aa", "bb"])
            user.Run("run", "-d", "--name", name, host.Busybox, "sh", "-c",
                "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done").Exits(0);
        string state = user.Run("inspect", "-f", "{{.Id}}", "aa").Text();
        Command.Shell("kill -9 $(grep -o '\"MonitorPid\":[0-9]*' $1 | cut -d: -f2)",
            $"{user.RunRoot}/skiff/containers/{state}/run.json").Exits(0);
        Assert.Equal("running", user.Run("inspect", "-f", "{{.State.Status}}", "aa").Text());
        Assert.Equal("uid=7 gid=0(root) groups=0(root)", user.Run("exec", "-u", "7", "aa", "id").Text());
        Assert.Equal("/dev/pts/0", user.Run("exec", "-t", "aa", "tty").Text().Trim());
        int seen = user.Run("logs", "aa").Lines.Length;
        Wait.Until(() => user.Run("logs", "aa").Lines.Length > seen + 2, "more lines");
        user.Run("stop", "-t", "0", "aa").Exits(0);
        Assert.Equal("137", user.Run("inspect", "-f", "{{.State.ExitCode}}", "aa").Text());
        Wait.Until(() => user.Processes().Count(line => line.Contains("pasta")) == 1, "its pasta ends too");
        int holder = int.Parse(File.ReadAllText($"{user.RunRoot}/skiff/userns").Split(' ')[0],
            CultureInfo.InvariantCulture);
        Command.Shell($"kill -9 {holder}").Exits(0);
        Assert.Equal("0", user.Run("exec", "bb", "id", "-u").Text());
        user.Run("stop", "-t", "0", "bb").Exits(0);
        user.Run("start", "aa").Exits(0);
    }

    [Fact]
    public void A_volatile_directory_that_others_could_have_made_is_refused()
    {
        using var user = NewUser();
        string path = $"/tmp/skiff-{user.Id}";
        Directory.CreateDirectory(path);
        try
        {
            user.RunWith(["-u", "XDG_RUNTIME_DIR"], "ps").FailsClearly(125, path, "XDG_RUNTIME_DIR");
            user.RunWith(["XDG_RUNTIME_DIR=/tmp"], "ps").FailsClearly(125, path);
            Directory.Delete(path);
            user.RunWith(["-u", "XDG_RUNTIME_DIR"], "ps").Exits(0);
            Assert.Equal($"700 {user.Id}", Command.Run("stat", "-c", "%a %u", path).Text());
            user.RunWith(["-u", "XDG_RUNTIME_DIR"], "system", "release").Exits(0);
            user.RunWith(["-u", "HOME"], "ps").FailsClearly(125, "HOME", "XDG_DATA_HOME");
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public void Signals_and_exit_codes_are_those_of_the_container()
    {
        using var user = NewUser();
        user.Run("run", "--rm", "--network", "none", host.Busybox, "sh", "-c", "exit 7").Exits(7);
        user.Run("run", "--rm", "--network", "none", host.Busybox, "nosuch").FailsClearly(127, "nosuch");
        using Command run = user.Start($"{user.RunRoot}/../skiff", "run", "--rm", "--name", "cc", "--network", "none",
            host.Busybox, "sh", "-c", "trap 'exit 9' TERM; touch /ready; while :; do sleep 0.1; done");
        Wait.Until(() => user.Run("exec", "cc", "ls", "/ready").ExitCode == 0, "the trap is set");
        // It stays one process from the shell that starts it to the verb inside the namespace.
        Command.Shell($"kill -TERM {run.Pid}").Exits(0);
        run.Finish().Exits(9);
    }

    private RootlessUser NewUser()
    {
        var user = new RootlessUser(host);
        try
        {
            user.Run("pull", "-q", host.Busybox).Exits(0);
            return user;
        }
        catch
        {
            // The verb has failed, and the process that keeps the namespace is there.
            user.Dispose();
            throw;
        }
    }

    private static string Words(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
