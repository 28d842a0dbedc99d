namespace Skiff.System.Tests;

/// <summary>The options of --mount and -v for binds, with another mount below the source.</summary>
public sealed class MountOptionTests(SkiffHost host)
{
    [Theory]
    [InlineData("", "rw rw")]
    [InlineData("bind-recursive=enabled", "rw rw")]
    [InlineData("bind-recursive=disabled", "rw -")]
    [InlineData("bind-nonrecursive", "rw -")]
    [InlineData("bind-nonrecursive=false", "rw rw")]
    [InlineData("ro", "ro ro")]
    [InlineData("ro,bind-recursive=disabled", "ro -")]
    [InlineData("ro,bind-recursive=writable", "ro rw")]
    [InlineData("ro,bind-recursive=readonly,bind-propagation=rprivate", "ro ro")]
    [InlineData("bind-propagation=slave", "rw rw")]
    [InlineData("ro,bind-propagation=shared", "ro ro")]
    public void What_is_mounted_below_a_source_comes_along_as_asked_for(string options, string expected)
    {
        using var ground = new SharedMount(host);
        string mount = $"type=bind,src={ground.Folder},dst=/m" + (options.Length > 0 ? "," + options : "");
        string seen = host.Ask("""
            for at in /m /m/below; do
                line=$(grep " $at " /proc/self/mountinfo | cut -d' ' -f6 | cut -d, -f1)
                touch $at/by-container 2>/dev/null && can=rw || can=ro
                [ -z "$line" ] && echo - || { echo $line; [ $can = $line ] || echo but $can; }
            done
            """, "--mount", mount);
        Assert.Equal(expected, seen.Replace('\n', ' '));
    }

    [Theory]
    [InlineData("rprivate", false, false)]
    [InlineData("private", false, true)]
    [InlineData("rslave", true, true)]
    [InlineData("slave", true, true)]
    [InlineData("rshared", true, true)]
    [InlineData("shared", true, true)]
    public void Later_mounts_of_the_host_travel_as_the_propagation_says(string word, bool top, bool below)
    {
        using var ground = new SharedMount(host);
        using Container container = host.Detached(
            "--mount", $"type=bind,src={ground.Folder},dst=/m,bind-propagation={word}", host.Busybox, "sleep", "1000");
        Assert.Equal("below", container.Exec("ls /m").Text());
        ground.Mount("late");
        ground.Mount("below/late");
        Assert.Equal((top, below), (IsMount(container, "/m/late"), IsMount(container, "/m/below/late")));
    }

    [Theory]
    [InlineData("rshared", true)]
    [InlineData("shared", true)]
    [InlineData("rslave", false)]
    [InlineData("rprivate", false)]
    public void Mounts_of_the_container_reach_the_host_by_a_shared_one_alone(string word, bool arrives)
    {
        using var ground = new SharedMount(host);
        using Container container = host.Detached("--cap-add", "SYS_ADMIN", "--security-opt", "apparmor=unconfined",
            "-v", $"{ground.Folder}:/m:{word}", host.Busybox, "sleep", "1000");
        container.Exec("mkdir /m/own && mount -t tmpfs own /m/own && touch /m/own/inside").Exits(0);
        CommandResult seen = Command.Run("findmnt", "-n", "-o", "FSTYPE", $"{ground.Folder}/own");
        Assert.Equal(arrives ? "tmpfs" : "", seen.Out.Trim());
        container.Exec("umount /m/own").Exits(0);
        Assert.NotEqual(0, Command.Run("findmnt", "-n", $"{ground.Folder}/own").ExitCode);
    }

    [Fact]
    public void The_source_of_a_mount_is_made_when_that_is_asked_for()
    {
        string source = Path.Combine(host.NewFolder(), "a/b");
        Assert.DoesNotContain("WARNING", host.Run("run", "--rm", "--mount",
            $"type=bind,src={source},dst=/m,bind-create-src", host.Busybox, "touch", "/m/file").Exits(0).Error);
        Assert.True(File.Exists($"{source}/file"));
    }

    [Theory]
    [InlineData("type=npipe,src=a,dst=/m", "npipe")]
    [InlineData("type=cluster,src=a,dst=/m", "cluster")]
    [InlineData("type=bind,src=/tmp,dst=/m,bind-recursive=writable", "'bind-recursive=writable' requires 'readonly'")]
    [InlineData("type=bind,src=/tmp,dst=/m,tmpfs-size=1m", "'tmpfs-*'")]
    [InlineData("type=tmpfs,dst=/m,tmpfs-mode=888", "tmpfs-mode: 888")]
    [InlineData("type=tmpfs,dst=/m,tmpfs-size=big", "tmpfs-size: big")]
    [InlineData("dst=/m,speed=high", "'speed'")]
    public void What_cannot_be_is_refused_with_the_flag_and_the_key(string mount, string words) =>
        host.Run("create", "--mount", mount, host.Busybox).FailsClearly(125, "--mount", words);

    private static bool IsMount(Container container, string path) =>
        container.Exec($"grep -q ' {path} ' /proc/self/mountinfo").ExitCode == 0;

    /// <summary>A directory of the host that is a shared mount, with another one below it.</summary>
    private sealed class SharedMount : IDisposable
    {
        public SharedMount(SkiffHost host)
        {
            Folder = host.NewFolder();
            Command.Shell("mount -t tmpfs ground $1 && mount --make-shared $1", Folder).Exits(0);
            Mount("below");
        }

        public string Folder { get; }

        public void Mount(string name) =>
            Command.Shell("mkdir $1 && mount -t tmpfs below $1", Path.Combine(Folder, name)).Exits(0);

        public void Dispose() => Command.Run("umount", "-R", Folder).Exits(0);
    }
}
