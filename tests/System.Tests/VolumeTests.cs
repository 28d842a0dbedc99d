using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Named volumes, copy-up, bind mounts and tmpfs.</summary>
public sealed class VolumeTests(SkiffHost host)
{
    [Fact]
    public void Named_volume_keeps_its_data_over_rm()
    {
        var volume = host.NewName("v");
        host.Run("run", "--rm", "-v", $"{volume}:/keep", host.Busybox, "sh", "-c", "echo kept > /keep/file").Exits(0);
        Assert.Equal("kept", host.Ask("cat /keep/file", "-v", $"{volume}:/keep"));
        Assert.Equal(volume, host.Run("volume", "rm", volume).Text());
    }

    [Fact]
    public void Fresh_volume_takes_the_images_content_with_owners()
    {
        var volume = host.NewName("v");
        var seen = host.Run("run", "--rm", "-v", $"{volume}:/data", host.Probe, "sh", "-c",
            "cat /data/seed.txt /data/sub/deep.txt; stat -c '%u:%g %a' /data/sub; echo new > /data/new").Text();
        Assert.Equal("seed\ndeep\n1000:1000 750", seen);
        // Filled once only: what was deleted does not come back.
        host.Run("run", "--rm", "-v", $"{volume}:/data", host.Probe, "rm", "/data/seed.txt").Exits(0);
        Assert.Equal("new\nsub", host.Run("run", "--rm", "-v", $"{volume}:/data", host.Probe, "ls", "/data").Text());
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Fact]
    public void Bind_mount_is_shared_with_the_host_and_can_be_read_only()
    {
        var folder = host.NewFolder();
        File.WriteAllText(Path.Combine(folder, "from-host"), "hello");
        Assert.Equal("hello", host.Ask("cat /b/from-host; echo back > /b/from-container", "-v", $"{folder}:/b"));
        Assert.Equal("back\n", File.ReadAllText(Path.Combine(folder, "from-container")));
        var refused = host.Run("run", "--rm", "-v", $"{folder}:/b:ro", host.Busybox, "touch", "/b/x");
        Assert.Contains("Read-only file system", refused.Error);
        Assert.Equal("hello", host.Ask("cat /one", "-v", $"{folder}/from-host:/one:ro"));
    }

    [Fact]
    public void Mount_flag_takes_Dockers_words()
    {
        var folder = host.NewFolder();
        File.WriteAllText(Path.Combine(folder, "file"), "x");
        Assert.Equal("x", host.Ask("cat /m/file", "--mount", $"type=bind,source={folder},target=/m,readonly"));
        Assert.Equal("tmpfs", host.Ask("grep ' /m ' /proc/mounts | cut -d' ' -f3", "--mount", "type=tmpfs,target=/m"));
    }

    [Fact]
    public void A_part_of_a_volume_is_mounted_in_the_place_of_all_of_it()
    {
        string volume = host.NewName("v"), way = $"src={volume},dst=/m,volume-subpath=";
        host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "sh", "-c",
            "mkdir -p /v/a/b /v/empty; echo deep > /v/a/b/file; echo top > /v/file; ln -s /a/b /v/link; "
            + "ln -s ../../../../../../etc /v/out").Exits(0);
        Assert.Equal("file\ndeep", host.Ask("ls /m; cat /m/file", "--mount", way + "a/b"));
        Assert.Equal("top", host.Ask("cat /m; echo more >> /m", "--mount", way + "file"));
        Assert.Equal("top\nmore", host.Ask("cat /m/file", "--mount", way + "./a/.."));
        // As in the volume's own root.
        Assert.Equal("deep", host.Ask("cat /m/file", "--mount", way + "link"));
        Assert.Contains("Read-only", host.Run("run", "--rm", "--mount", way + "a,ro", host.Busybox, "touch", "/m/x")
            .Exits(1).Error);
        // A directory that is empty is filled as a whole volume would be.
        Assert.Equal("seed", host.Run("run", "--rm", "--mount", $"src={volume},dst=/data,volume-subpath=empty",
            host.Probe, "cat", "/data/seed.txt").Text());
        foreach (string missing in (ReadOnlySpan<string>)["none", "out", "file/x", "a/none"])
            host.Run("run", "--rm", "--mount", way + missing, host.Busybox, "true")
                .FailsClearly(125, "volume-subpath", volume, missing);
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Fact]
    public void Copies_and_inspect_know_the_part_of_a_volume()
    {
        string volume = host.NewName("v"), name = host.NewName(), file = Path.Combine(host.NewFolder(), "file");
        host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "sh", "-c", "mkdir /v/a; echo in > /v/a/in")
            .Exits(0);
        using var container = new Container(host, name, host.Run("create", "--name", name, "--mount",
            $"src={volume},dst=/m,volume-subpath=a", host.Busybox, "true").Text());
        host.Run("cp", $"{name}:/m/in", file).Exits(0);
        Assert.Equal("in\n", File.ReadAllText(file));
        host.Run("cp", file, $"{name}:/m/back").Exits(0);
        Assert.Equal("in", host.Ask("cat /v/a/back", "-v", $"{volume}:/v"));
        Assert.Equal("a", container.Inspect()["HostConfig"]!["Mounts"]![0]!["VolumeOptions"]!["Subpath"]!.ToString());
    }

    [Theory]
    [InlineData("dst=/m,volume-subpath=a", "anonymous")]
    [InlineData("src=vol,dst=/m,volume-subpath=/a", "volume-subpath '/a'")]
    [InlineData("src=vol,dst=/m,volume-subpath=..", "volume-subpath '..'")]
    [InlineData("src=vol,dst=/m,volume-subpath=a/../../b", "volume-subpath 'a/../../b'")]
    [InlineData("type=bind,src=/tmp,dst=/m,volume-subpath=a", "'volume-*'")]
    public void A_part_of_a_volume_that_cannot_be_is_refused_by_name(string mount, string words) =>
        host.Run("create", "--mount", mount, host.Busybox).FailsClearly(125, "--mount", words);

    [Fact]
    public void Tmpfs_has_its_options_and_is_empty()
    {
        var line = host.Ask("ls -A /data; grep ' /data ' /proc/mounts", "--tmpfs", "/data:size=1m,mode=1770");
        Assert.StartsWith("tmpfs /data tmpfs rw,nosuid,nodev,noexec", line);
        Assert.Contains("size=1024k", line);
        Assert.Contains("mode=1770", line);
    }

    [Fact]
    public void Volume_verbs_print_what_Dockers_print()
    {
        var volume = host.NewName("v");
        Assert.Equal(volume, host.Run("volume", "create", volume).Text());
        var lines = host.Run("volume", "ls").Exits(0).Lines;
        Assert.Matches(@"^DRIVER\s+VOLUME NAME$", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("local ") && line.EndsWith(volume));
        Assert.Contains(volume, host.Run("volume", "ls", "-q").Lines);
        Assert.Equal(volume, host.Run("volume", "rm", volume).Text());
        host.Run("volume", "rm", volume).FailsClearly(1, volume);
        Assert.Matches("^[0-9a-f]{64}$", host.Run("volume", "create").Text());
    }

    [Fact]
    public void Volume_in_use_is_not_removed()
    {
        var volume = host.NewName("v");
        using (host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
            host.Run("volume", "rm", volume).FailsClearly(1, volume, "in use");
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Fact]
    public void Anonymous_volume_goes_with_the_container()
    {
        Assert.Equal("seed", host.Run("run", "--rm", host.Probe, "cat", "/data/seed.txt").Text());
        var name = host.NewName();
        var id = host.Run("run", "-d", "--name", name, host.Probe, "sleep", "1000").Text();
        using var container = new Container(host, name, id);
        var mounts = container.Inspect()["Mounts"]!.AsArray();
        var volume = (string)Assert.Single(mounts, mount => (string?)mount!["Destination"] == "/data")!["Name"]!;
        host.Run("rm", "-f", "-v", name).Exits(0);
        Assert.DoesNotContain(volume, host.Run("volume", "ls", "-q").Lines);
    }

    [Fact]
    public void Inspect_of_a_volume_names_its_folder()
    {
        var volume = host.NewName("v");
        host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "touch", "/v/file").Exits(0);
        var mountpoint = (string)JsonNode.Parse(host.Run("volume", "inspect", volume).Text())![0]!["Mountpoint"]!;
        Assert.True(File.Exists(Path.Combine(mountpoint, "file")));
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Theory]
    [InlineData("relative/path:/x", "relative/path")]
    [InlineData("bad name:/x", "bad name")]
    [InlineData("volume:relative", "relative")]
    public void A_bad_volume_argument_is_one_clear_error(string volume, string word) =>
        host.Run("run", "--rm", "-v", volume, host.Busybox, "true").FailsClearly(125, word);
}
