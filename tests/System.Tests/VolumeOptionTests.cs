using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Volumes that are mounted while containers use them, as the options of Docker's driver local say.</summary>
public sealed class VolumeOptionTests(SkiffHost host)
{
    private string Users => Path.Combine(host.RunRoot, "volumes");

    [Fact]
    public void Memory_is_mounted_once_for_all_its_containers_and_goes_with_the_last()
    {
        string volume = Memory("size=1m,uid=1000,mode=700");
        Assert.Equal("", Mounted(volume));
        using (Container first = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
        {
            Assert.Matches("^tmpfs tmpfs rw,.*size=1024k,mode=700,uid=1000", Mounted(volume));
            Assert.Equal("1000:0 700", first.Exec("echo one > /v/one; stat -c '%u:%g %a' /v").Text());
            Assert.Contains("No space left", first.Exec("dd if=/dev/zero of=/v/big bs=1M count=2").Error);
            using (Container second = host.Detached("-v", $"{volume}:/v:ro", host.Busybox, "sleep", "1000"))
            {
                Assert.Equal("one", second.Exec("cat /v/one").Text());
                Assert.Contains("Read-only", second.Exec("touch /v/two").Error);
                host.Run("rm", "-f", first.Name).Exits(0);
                Assert.Equal("one", second.Exec("cat /v/one").Text());
                Assert.NotEqual("", Mounted(volume));
                Assert.Equal("one\n", File.ReadAllText($"{DataOf(volume)}/one"));
            }
        }
        Assert.Equal("", Mounted(volume));
        Assert.False(Directory.Exists($"{Users}/{volume}"));
        Assert.Equal("", host.Ask("ls -A /v", "-v", $"{volume}:/v"));
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Fact]
    public void A_mount_makes_its_volume_with_options_and_labels()
    {
        string volume = host.NewName("v");
        string mount = $"type=volume,src={volume},dst=/v,volume-driver=local,volume-opt=type=tmpfs,"
            + "volume-opt=device=tmpfs,\"volume-opt=o=size=2m,noexec\",volume-label=made=here,volume-label=bare";
        string name = host.NewName();
        using var container = new Container(host, name, host.Run(
            "create", "--name", name, "--mount", mount, host.Busybox, "grep", " /v ", "/proc/mounts").Text());
        JsonNode json = JsonNode.Parse(host.Run("volume", "inspect", volume).Text())![0]!;
        Assert.Equal("""{"device":"tmpfs","o":"size=2m,noexec","type":"tmpfs"}""", json["Options"]!.ToJsonString());
        Assert.Equal("""{"bare":"","made":"here"}""", json["Labels"]!.ToJsonString());
        Assert.Equal("""{"bare":"","made":"here"}""",
            container.Inspect()["HostConfig"]!["Mounts"]![0]!["VolumeOptions"]!["Labels"]!.ToJsonString());
        Assert.Matches("^tmpfs /v tmpfs rw,noexec.*size=2048k", host.Run("start", "-a", name).Text());
        // One that is there stays as it is, and the same flags make no other one.
        Assert.Contains("size=2048k", host.Ask("grep ' /v ' /proc/mounts", "--mount",
            $"src={volume},dst=/v,volume-opt=type=tmpfs,volume-opt=device=tmpfs,volume-opt=o=size=5m"));
    }

    [Fact]
    public void A_container_with_a_user_namespace_owns_what_it_writes_into_memory()
    {
        using var store = new Store(
            host, "overlay", new Dictionary<string, string?> { ["SKIFF_SUBIDS"] = "3000000:1048576" });
        store.Run("pull", "-q", host.Probe).Exits(0);
        store.Run("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "mem").Exits(0);
        Assert.Equal("1000:1000 0:0", store.Run("run", "--rm", "--network", "none", "--userns", "auto", "-u", "0",
            "-v", "mem:/data", host.Probe, "sh", "-c", "touch /data/new; echo $(stat -c %u:%g /data/sub /data/new)")
            .Text());
        store.Run("volume", "rm", "mem").Exits(0);
    }

    [Fact]
    public void A_directory_of_the_host_is_shown_and_survives_its_volume()
    {
        string folder = host.NewFolder(), volume = host.NewName("v");
        File.WriteAllText($"{folder}/from-host", "host");
        host.Run("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", $"device={folder}", volume).Exits(0);
        Assert.Equal("host", host.Ask("cat /v/from-host; echo container > /v/from-container", "-v", $"{volume}:/v"));
        Assert.Equal("container\n", File.ReadAllText($"{folder}/from-container"));
        string name = host.NewName();
        using (var stopped = new Container(host, name, host.Run(
            "create", "--name", name, "-v", $"{volume}:/v", host.Busybox, "true").Text()))
        {
            host.Run("cp", $"{folder}/from-host", $"{name}:/v/copied").Exits(0);
            Assert.True(File.Exists($"{folder}/copied"));
            host.Run("cp", $"{name}:/v/from-container", $"{folder}/back").Exits(0);
            Assert.Equal("", Mounted(volume));
            host.Run("volume", "rm", volume).FailsClearly(1, "in use", volume);
        }
        // Also when it is still mounted, for whatever reason.
        using (host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
            Command.Run("mount", "--bind", folder, DataOf(volume)).Exits(0);
        Command.Run("mount", "--bind", folder, DataOf(volume)).Exits(0);
        host.Run("volume", "rm", volume).Exits(0);
        Assert.Equal(["back", "copied", "from-container", "from-host"],
            Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_read_only_directory_is_so_for_all()
    {
        string folder = host.NewFolder(), volume = host.NewName("v");
        host.Run("volume", "create", "-o", "type=none", "-o", "o=bind,ro", "-o", $"device={folder}", volume).Exits(0);
        CommandResult refused = host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "touch", "/v/x");
        Assert.Contains("Read-only file system", refused.Exits(1).Error);
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Fact]
    public void A_filesystem_on_a_device_is_mounted_for_several_containers_and_keeps_its_files()
    {
        string image = Path.Combine(host.NewFolder(), "image"), volume = host.NewName("v");
        string device = Command.Shell(
            "truncate -s 8M $1 && mkfs.ext4 -q $1 && losetup -f --show $1", image).Text();
        try
        {
            host.Run("volume", "create", "--opt", "type=ext4", "--opt", $"device={device}", volume).Exits(0);
            using (Container first = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
            using (Container second = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
            {
                Assert.StartsWith($"ext4 {device}", Mounted(volume));
                first.Exec("echo kept > /v/file").Exits(0);
                Assert.Equal("kept", second.Exec("cat /v/file").Text());
            }
            Assert.Equal("", Mounted(volume));
            Assert.Equal("kept", host.Ask("cat /v/file", "-v", $"{volume}:/v"));
            host.Run("volume", "rm", volume).Exits(0);
            Assert.Equal("kept", Command.Shell("debugfs -R 'cat /file' $1 2>/dev/null", device).Text());
        }
        finally
        {
            Command.Run("losetup", "-d", device).Exits(0);
        }
    }

    [Fact]
    public void Killed_monitors_leave_no_mount_and_take_none_away()
    {
        string volume = Memory("size=1m");
        using Container first = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000");
        using Container second = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000");
        first.Exec("echo one > /v/one").Exits(0);
        first.KillMonitor();
        host.Run("rm", "-f", second.Name).Exits(0);
        using (Container third = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
            Assert.Equal("one", third.Exec("cat /v/one").Text());
        first.WaitFor("running");
        Assert.NotEqual("", Mounted(volume));
        // Now nobody is left to see the container's end.
        int pid = first.Pid, monitor = first.Monitor;
        Command.Shell($"kill -STOP {monitor}; kill -9 {pid}").Exits(0);
        Command.Shell($"kill -9 {monitor}").Exits(0);
        // The next verb finds it out, which may be one of another test.
        first.WaitFor("exited");
        Wait.Until(() => Mounted(volume).Length == 0 && !Directory.Exists($"{Users}/{volume}"), "the mount's end");
    }

    [Fact]
    public void Release_unmounts_what_nobody_uses_and_nothing_else()
    {
        string used = Memory("size=1m"), left = Memory("size=1m");
        using Container container = host.Detached("-v", $"{used}:/v", host.Busybox, "sleep", "1000");
        // As after a crash: an entry of a container that is no more.
        Command.Run("mount", "-t", "tmpfs", "left", DataOf(left)).Exits(0);
        Directory.CreateDirectory($"{Users}/{left}");
        File.WriteAllText($"{Users}/{left}/{new string('a', 64)}", "");
        host.Run("system", "release").Exits(0);
        Assert.Equal("", Mounted(left));
        Assert.NotEqual("", Mounted(used));
        Assert.Equal("ok", container.Exec("touch /v/x && echo ok").Text());
    }

    [Theory]
    [InlineData("tmpfs", "tmpfs", "size=1m,bogus=1", "bogus")]
    [InlineData("none", "/no/such/directory", "bind", "/no/such/directory")]
    [InlineData("nosuchfs", "x", "ro", "ENODEV")]
    [InlineData("ext4", "/dev/null", "ro", "/dev/null")]
    [InlineData("tmpfs", "tmpfs", "password=secret,size=1m", "password=********")]
    public void A_mount_that_fails_is_told_and_leaves_nothing(string type, string device, string o, string words)
    {
        string volume = host.NewName("v");
        host.Run("volume", "create", "-o", $"type={type}", "-o", $"device={device}", "-o", $"o={o}", volume).Exits(0);
        CommandResult run = host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "true")
            .FailsClearly(125, "error while mounting volume", volume, "failed to mount local volume", words);
        Assert.DoesNotContain("secret", run.Error);
        Assert.Equal("", Mounted(volume));
        Assert.False(Directory.Exists($"{Users}/{volume}"));
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Fact]
    public void The_images_files_fill_an_empty_filesystem_unless_that_is_not_wanted()
    {
        string volume = Memory("size=1m");
        Assert.Equal("seed.txt\nsub", host.Run("run", "--rm", "-v", $"{volume}:/data", host.Probe, "ls", "/data")
            .Text());
        Assert.Equal("", host.Run("run", "--rm", "--mount", $"src={volume},dst=/data,volume-nocopy", host.Probe,
            "ls", "/data").Text());
    }

    [Fact]
    public void An_anonymous_volume_with_options_is_mounted_and_goes_with_its_container()
    {
        using Container container = host.Detached("--mount", "dst=/v,volume-opt=type=tmpfs,volume-opt=device=tmpfs,"
            + "volume-opt=o=size=1m", host.Busybox, "sleep", "1000");
        string volume = container.Inspect()["Mounts"]![0]!["Name"]!.ToString();
        Assert.Contains("size=1024k", Mounted(volume));
        host.Run("rm", "-f", "-v", container.Name).Exits(0);
        Assert.DoesNotContain(volume, host.Run("volume", "ls", "-q").Lines);
        Assert.False(Directory.Exists($"{Users}/{volume}"));
    }

    [Theory]
    [InlineData("invalid option: \"speed\"", "speed=high")]
    [InlineData("missing required option: \"device\"", "type=tmpfs")]
    [InlineData("missing required option: \"type\"", "device=tmpfs")]
    [InlineData("missing required option: \"type\"", "o=ro", "device=x")]
    [InlineData("invalid size: 'big'", "size=big")]
    [InlineData("o=size=SIZE", "size=1m", "type=tmpfs", "device=tmpfs")]
    [InlineData("absolute path: \"x\"", "type=none", "o=bind", "device=x")]
    [InlineData("a bind mount has no \"size=1m\"", "type=none", "o=bind,size=1m", "device=/tmp")]
    [InlineData("no remount", "type=tmpfs", "o=remount", "device=x")]
    [InlineData("port not allowed in CIFS device URL", "type=cifs", "device=//server:445/share")]
    public void Options_that_cannot_be_are_refused_by_name(string words, params string[] options)
    {
        string volume = host.NewName("v");
        host.Run(["volume", "create", .. options.SelectMany(option => (string[])["--opt", option]), volume])
            .FailsClearly(1, volume, "--opt", words);
        string fields = string.Concat(options.Select(option => $",\"volume-opt={option}\""));
        host.Run("create", "--mount", $"src={volume},dst=/v{fields}", host.Busybox)
            .FailsClearly(125, "--mount", "volume-opt", words);
        host.Run("volume", "inspect", volume).Exits(1);
    }

    [Fact]
    public void A_size_needs_project_quotas_and_a_driver_has_to_be_local()
    {
        string volume = host.NewName("v");
        host.Run("volume", "create", "-o", "size=1m", volume).FailsClearly(1, "size", "project quotas", "prjquota");
        Assert.DoesNotContain(volume, host.Run("volume", "ls", "-q").Lines);
        host.Run("volume", "create", "--driver", "nfs", volume).FailsClearly(1, "nfs", "not found");
        host.Run("create", "--mount", $"src={volume},dst=/v,volume-driver=nfs", host.Busybox)
            .FailsClearly(125, "--mount", "volume-driver", "nfs");
    }

    private string Memory(string options)
    {
        string volume = host.NewName("v");
        return host.Run("volume", "create", "--driver", "local", "-o", "type=tmpfs", "-o", "device=tmpfs",
            "-o", $"o={options}", volume).Text();
    }

    private string DataOf(string volume) =>
        host.Run("volume", "inspect", "-f", "{{.Mountpoint}}", volume).Text();

    // What the host has mounted at a volume's directory.
    private string Mounted(string volume) => string.Join(' ', Command.Run("findmnt", "-n", "-o",
        "FSTYPE,SOURCE,OPTIONS", "--mountpoint", DataOf(volume)).Out.Split(
        (char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
