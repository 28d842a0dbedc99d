using System.Globalization;

namespace Skiff.System.Tests;

/// <summary>
/// Containers with a user namespace of their own, in both stores: what they may on the host, what they see, and that
/// nothing on disk has changed its owner.
/// </summary>
public sealed class UsernsTests(SkiffHost host)
{
    private const long First = 3_000_000;

    [Theory]
    [InlineData("remap", "erofs")]
    [InlineData("remap", "overlay")]
    [InlineData("auto", "erofs")]
    [InlineData("auto", "overlay")]
    public void Root_inside_is_nobody_outside_and_files_keep_their_owners(string mode, string snapshotter)
    {
        using var store = NewStore(snapshotter);
        string name = host.NewName();
        using var removal = new Removal(store, name);
        store.Run("run", "-d", "--userns", mode, "--name", name, "-v", "vol:/data", "--tmpfs", "/t", host.Probe,
            "sleep", "1000").Exits(0);
        string Exec(string script) => store.Run("exec", "-u", "0", name, "sh", "-c", script).Text();
        long expected = mode == "remap" ? First : First + 65536;
        Assert.Equal($"0 {expected} 65536", Words(Exec("cat /proc/self/uid_map")));
        string pid = store.Run("inspect", "-f", "{{.State.Pid}}", name).Text();
        Assert.Equal((expected + 1000).ToString(CultureInfo.InvariantCulture),
            File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:")).Split('\t')[1]);
        Assert.Equal("uid=0(root) gid=0(root) groups=0(root)", Exec("id"));
        // Of the image, of the volume that was filled from it, and of what is new in both.
        Assert.Equal("0:0 1000:1000 0:0 0:0 0:0", Words(Exec("mkdir /new /data/new /t/new; "
            + "stat -c %u:%g /bin /data/sub /new /data/new /t/new")));
        Assert.Equal("1000:1000\n", Words(Exec("touch /owned; chown 1000:1000 /owned; stat -c %u:%g /owned")) + "\n");
        Assert.Equal("0:0", Exec("stat -c %u:%g /dev/pts/ptmx /dev/null /etc/hosts | sort -u"));
        Assert.Equal("0:0", Command.Run("stat", "-c", "%u:%g",
            Path.Combine(store.Root, "volumes/vol/_data/new")).Text());
        Exec("echo to-stdout > /dev/stdout; echo x > /dev/null; mknod /p p; rm /p");
        Assert.NotEqual(0, store.Run("exec", "-u", "0", name, "sh", "-c", "mknod /n c 1 3").ExitCode);
        store.Run("stop", "-t", "0", name).Exits(0);
        store.Run("start", name).Exits(0);
        Assert.Equal("0:0 1000:1000", Words(Exec("stat -c %u:%g /new /owned")));
        // What it was made into has the ids of the container.
        store.Run("commit", name, "made").Exits(0);
        Assert.Equal("0:0 1000:1000", Words(store.Run("run", "--rm", "-u", "0", "made", "stat", "-c", "%u:%g", "/new",
            "/owned").Text()));
    }

    [Theory]
    [InlineData("remap", "erofs")]
    [InlineData("auto", "overlay")]
    public void Copies_commits_and_exports_have_the_owners_that_the_container_sees(string mode, string snapshotter)
    {
        using var store = NewStore(snapshotter);
        string name = host.NewName(), folder = host.NewFolder(), own = Path.Combine(folder, "in");
        using var removal = new Removal(store, name);
        store.Run("run", "-d", "--userns", mode, "--name", name, "-v", "vol:/data", "--tmpfs", "/t", host.Probe,
            "sleep", "1000").Exits(0);
        string Exec(string script) => Words(store.Run("exec", "-u", "0", name, "sh", "-c", script).Text());
        Exec("for d in / /data /t; do echo x > $d/own; chown 1000:1001 $d/own; done");
        Command.Run("sh", "-c", $"echo y > {own}; chown 1234:1235 {own}; mkdir {folder}/dir; cp -a {own} {folder}/dir"
            + $"; tar -C {folder} -cf {folder}/tar dir; chown 70000:0 {folder}/dir").Exits(0);
        void Check(bool running)
        {
            string suffix = running ? "r" : "s";
            foreach (string place in running ? (string[])["", "/data", "/t"] : ["", "/data"])
            {
                string file = Path.Combine(folder, "out");
                store.Run("cp", "-a", $"{name}:{place}/own", file).Exits(0);
                Assert.Equal("1000:1001", Command.Run("stat", "-c", "%u:%g", file).Text());
                store.Run("cp", $"{name}:{place}/own", file).Exits(0);
                Assert.Equal("0:0", Command.Run("stat", "-c", "%u:%g", file).Text());
                store.Run("cp", "-a", own, $"{name}:{place}/in-{suffix}").Exits(0);
                string arguments = string.Join(' ', store.Arguments("cp", "-", $"{name}:{place}/"));
                using Command input =
                    Command.Start("/bin/sh", ["-c", $"exec {host.Binary} {arguments} < {folder}/tar"]);
                input.Finish().Exits(0);
            }
        }
        Check(running: true);
        store.Run("cp", "-a", $"{folder}/dir", $"{name}:/refused").FailsClearly(1, "owner 70000:0 has no ids");
        Assert.Equal("1234:1235 1234:1235 1234:1235 0:0", Exec("stat -c %u:%g /in-r /data/in-r /t/in-r /dir"));
        Assert.Contains("A /in-r", store.Run("diff", name).Text());
        store.Run("stop", "-t", "0", name).Exits(0);
        Check(running: false);
        store.Run("start", name).Exits(0);
        Assert.Equal("1234:1235 1234:1235 1000:1001 1234:1235",
            Exec("stat -c %u:%g /in-s /data/in-s /own /data/dir/in"));
        store.Run("export", "-o", $"{folder}/all", name).Exits(0);
        Assert.Equal("1000/1001 1234/1235 1234/1235", Words(Command.Run("sh", "-c",
            $"tar -tvf {folder}/all own in-r in-s | sort -k 6 | awk '{{print $2}}' | sort").Text()));
    }

    [Fact]
    public void Each_container_has_a_range_of_its_own_and_gives_it_back()
    {
        using var store = NewStore("erofs", 65536 + 3 * 1000);
        string[] names = [.. Enumerable.Range(0, 3).Select(_ => host.NewName())];
        foreach (string name in names)
            store.Run("create", "--userns", "auto:size=1000", "--name", name, host.Busybox, "cat", "/proc/self/uid_map")
                .Exits(0);
        var seen = names.Select(name => Words(store.Run("start", "-a", name).Text())).ToList();
        Assert.Equal([.. Enumerable.Range(0, 3).Select(i => $"0 {First + 65536 + i * 1000} 1000")], seen.Order());
        store.Run("run", "--rm", "--userns", "auto:size=1000", host.Busybox, "true")
            .FailsClearly(125, "no 1000 user ids are left");
        store.Run("rm", names[1]).Exits(0);
        Assert.Equal(seen[1], Words(store.Run("run", "--rm", "--userns", "auto:size=1000", host.Busybox, "cat",
            "/proc/self/uid_map").Text()));
        store.Run(["rm", names[0], names[2]]).Exits(0);
    }

    [Fact]
    public void Certain_ids_can_be_those_of_the_host()
    {
        using var store = NewStore("erofs");
        string folder = host.NewFolder();
        Directory.CreateDirectory(Path.Combine(folder, "shared"));
        Command.Run("chown", "4321:4322", Path.Combine(folder, "shared")).Exits(0);
        string seen = store.Run("run", "--rm", "-v", $"{folder}/shared:/b", "-u", "7:8",
            "--userns", "auto:size=100,uidmapping=7:4321:1,gidmapping=8:4322:1", host.Busybox, "sh", "-c",
            "touch /b/made; stat -c %u:%g /b/made; cat /proc/self/uid_map").Text();
        Assert.Equal($"7:8 0 {First + 65536} 7 7 4321 1 8 {First + 65536 + 8} 92", Words(seen));
        Assert.Equal("4321:4322", Command.Run("stat", "-c", "%u:%g", $"{folder}/shared/made").Text());
    }

    [Fact]
    public void The_host_can_choose_for_all_its_containers()
    {
        using var store = NewStore("erofs", defaultMode: "remap");
        Assert.Equal($"0 {First} 65536",
            Words(store.Run("run", "--rm", host.Busybox, "cat", "/proc/self/uid_map").Text()));
        Assert.Equal("0 0 4294967295",
            Words(store.Run("run", "--rm", "--userns", "host", host.Busybox, "cat", "/proc/self/uid_map").Text()));
        store.Run("run", "--rm", "--privileged", host.Busybox, "true")
            .FailsClearly(125, "privileged mode is incompatible with user namespaces");
    }

    [Fact]
    public void A_container_with_ids_of_its_own_has_network_terminal_limits_and_init()
    {
        using var store = NewStore("erofs");
        string seen = store.Run("run", "--rm", "-t", "--userns", "auto", "--init", "--ulimit", "nofile=1000:1000",
            "--oom-score-adj", "5", "--sysctl", "net.ipv4.ip_forward=1", host.Busybox, "sh", "-c",
            "ip -o -4 addr show eth0 | grep -c inet; cat /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_forward; "
            + "ulimit -n; grep -c eth0 /proc/net/route; grep -c $HOSTNAME /etc/hosts; tty; test -w /dev/tty && echo w")
            .Text();
        Assert.Equal("1 5 1 1000 2 1 /dev/pts/0 w", Words(seen));
        Assert.Equal("1", store.Run("run", "--rm", "--userns", "auto", "--network", "none", host.Busybox, "sh", "-c",
            "ip -o link show lo | grep -c LOOPBACK,UP > /dev/stdout").Text());
    }

    [Theory]
    [InlineData("--userns: invalid USER mode: other", "--userns=other")]
    [InlineData("invalid option \"size=0\" of auto", "--userns=auto:size=0")]
    [InlineData("invalid option \"colour=1\" of auto", "--userns=auto:colour=1")]
    [InlineData("invalid mapping 0:0:1", "--userns=auto:uidmapping=0:0:1")]
    [InlineData("invalid mapping 1:5:2", "--userns=auto:uidmapping=0:9:2,uidmapping=1:5:2")]
    [InlineData("privileged mode is incompatible", "--userns=auto", "--privileged")]
    [InlineData("cannot share the host's network namespace", "--userns=auto", "--network=host")]
    [InlineData("cannot share the host's PID namespace", "--userns=remap", "--pid=host")]
    [InlineData("cannot share the host's IPC namespace", "--userns=remap", "--ipc=host")]
    [InlineData("cannot share the container's network namespace", "--userns=auto", "--network=container:x")]
    public void What_a_user_namespace_excludes_is_refused(string words, params string[] flags) =>
        host.Run(["create", .. flags, host.Busybox, "true"]).FailsClearly(125, words);

    [Fact]
    public void Without_ids_the_error_says_where_to_write_them()
    {
        Assert.SkipWhen(File.Exists("/etc/subuid") && File.ReadAllText("/etc/subuid").Contains("skiff:"),
            "this host gives ids to skiff");
        host.Run("pull", "-q", host.Busybox).Exits(0);
        host.Run("create", "--userns", "auto", host.Busybox, "true").FailsClearly(125, "/etc/subuid", "skiff:");
    }

    private sealed class Removal(Store store, string name) : IDisposable
    {
        public void Dispose() => store.Run("rm", "-f", name);
    }

    private Store NewStore(string snapshotter, long count = 1 << 20, string? defaultMode = null)
    {
        var store = new Store(host, snapshotter,
            new Dictionary<string, string?> { ["SKIFF_SUBIDS"] = $"{First}:{count}", ["SKIFF_USERNS"] = defaultMode });
        store.Run("pull", "-q", host.Busybox).Exits(0);
        store.Run("pull", "-q", host.Probe).Exits(0);
        return store;
    }

    private static string Words(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
}
