using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>The verbs of volumes, as they were seen beside docker.</summary>
public sealed class VolumeVerbTests(SkiffHost host)
{
    [Fact]
    public void Volumes_are_listed_by_what_they_are()
    {
        using var own = new OwnRoots(host);
        own.Run("pull", "-q", host.Busybox).Exits(0);
        own.Run("volume", "create", "--label", "tier=db", "--label", "old", "aa-data").Exits(0);
        own.Run("volume", "create", "--label", "tier=web", "bb-data").Exits(0);
        string unnamed = own.Run("volume", "create").Text();
        own.Run("create", "--network", "none", "-v", "bb-data:/v", host.Busybox).Exits(0);
        Assert.Equal("aa-data bb-data", Names("name=data"));
        Assert.Equal("aa-data", Names("name=^aa"));
        Assert.Equal("aa-data", Names("label=tier=db"));
        Assert.Equal("aa-data bb-data", Names("label=tier"));
        Assert.Equal("aa-data", Names("label=tier", "label=old"));
        Assert.Equal(unnamed, Names("label=com.docker.volume.anonymous"));
        Assert.Equal("bb-data", Names("dangling=false"));
        Assert.Equal("aa-data", Names("dangling=true", "name=data"));
        Assert.Equal("aa-data bb-data", Names("driver=local", "name=^aa", "name=^bb"));
        Assert.Equal("", Names("driver=other"));
        Assert.Equal("aa-data local db N/A N/A", own.Run("volume", "ls", "--filter", "name=aa-", "--format",
            "{{.Name}} {{.Scope}} {{.Label \"tier\"}} {{.Links}} {{.Size}}").Text());
        JsonNode json = JsonNode.Parse(own.Run("volume", "ls", "-f", "name=bb-", "--format", "json").Text())!;
        Assert.Equal(("local", "bb-data", "tier=web"),
            ((string)json["Driver"]!, (string)json["Name"]!, (string)json["Labels"]!));
        own.Run("volume", "ls", "-f", "bogus=1").FailsClearly(1, "invalid filter 'bogus'");
        own.Run("volume", "ls", "-f", "dangling=maybe").FailsClearly(1, "invalid filter 'dangling=maybe'");
        own.Run("volume", "ls", "-f", "name").FailsClearly(125, "--filter");

        string Names(params string[] filters) => string.Join(' ', own.Run(
            ["volume", "ls", "--quiet", .. filters.SelectMany(f => (string[])["--filter", f])]).Exits(0).Lines);
    }

    [Fact]
    public void Prune_removes_anonymous_volumes_or_all_that_nobody_has()
    {
        using var own = new OwnRoots(host);
        own.Run("pull", "-q", host.Probe).Exits(0);
        // One of an image, one of a user, and one that nobody has any more.
        own.Run("create", "--network", "none", "--name", "keeper", "-v", "kept:/k", host.Probe, "true").Exits(0);
        own.Run("start", "keeper").Exits(0);
        string dropped = own.Run("volume", "create", "--label", "drop=yes").Text();
        string spared = own.Run("volume", "create", "--label", "drop=no").Text();
        own.Run("volume", "create", "named").Exits(0);
        own.Run("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "memory").Exits(0);
        File.WriteAllBytes(Path.Combine(own.Folder, "root/volumes", dropped, "_data/file"), new byte[1 << 20]);
        using (Command refused = own.Start("volume", "prune"))
            Assert.Contains("WARNING! This will remove anonymous local volumes not used by at least one container.",
                refused.Finish("n\n").Out);
        string pruned = own.Run("volume", "prune", "--force", "--filter", "label!=drop=no").Text();
        Assert.Equal($"Deleted Volumes:\n{dropped}\n\nTotal reclaimed space: 1.049MB", pruned);
        Assert.Contains(spared, own.Run("volume", "ls", "-q").Lines);
        own.Run("volume", "prune", "-f", "--filter", "until=1h").FailsClearly(1, "invalid filter 'until'");
        own.Run("volume", "prune", "-f", "--filter", "bogus=1").FailsClearly(1, "invalid filter 'bogus'");
        Assert.Equal($"Deleted Volumes:\n{spared}\n\nTotal reclaimed space: 0B",
            own.Run("volume", "prune", "-f").Text());
        Assert.Equal("Deleted Volumes:\nmemory\nnamed\n\nTotal reclaimed space: 0B",
            own.Run("volume", "prune", "-a", "-f").Text());
        // The image's own volume and the user's, of a container that does not run.
        Assert.Equal(2, own.Run("volume", "ls", "-q").Lines.Length);
        own.Run("rm", "keeper").Exits(0);
        Assert.DoesNotContain("kept", own.Run("volume", "prune", "-f").Text());
        Assert.Equal("kept", own.Run("volume", "ls", "-q").Text());
    }

    [Fact]
    public void System_prune_removes_anonymous_volumes_and_networks_when_nobody_has_them()
    {
        using var own = new OwnRoots(host);
        string anonymous = own.Run("volume", "create").Text();
        own.Run("volume", "create", "named").Exits(0);
        own.Run("network", "create", "unused").Exits(0);
        using (Command refused = own.Start("system", "prune", "--volumes"))
            Assert.Contains("  - all networks not used by at least one container\n"
                + "  - all anonymous volumes not used by at least one container\n", refused.Finish("n\n").Out);
        own.Run("system", "prune", "-f", "--volumes", "--filter", "until=1h")
            .FailsClearly(1, "\"until\" filter is not supported with \"--volumes\"");
        string pruned = own.Run("system", "prune", "-f").Text();
        Assert.Contains("Deleted Networks:\nunused\n", pruned);
        Assert.DoesNotContain(anonymous, pruned);
        Assert.Contains($"Deleted Volumes:\n{anonymous}\n", own.Run("system", "prune", "-f", "--volumes").Text());
        Assert.Equal("named", own.Run("volume", "ls", "-q").Text());
    }

    [Fact]
    public void Inspect_takes_a_format_and_tells_what_is_missing()
    {
        string volume = host.NewName("v");
        host.Run("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", volume).Exits(0);
        Assert.Equal($"{volume} tmpfs local", host.Run(
            "volume", "inspect", "-f", "{{.Name}} {{.Options.type}} {{.Driver}}", volume).Text());
        Assert.Equal("null", host.Run("volume", "inspect", "--format", "{{json .Options}}",
            host.Run("volume", "create", host.NewName("v")).Text()).Text());
        CommandResult some = host.Run("volume", "inspect", volume, "no-such-volume").Exits(1);
        Assert.Contains("no such volume", some.Error);
        Assert.Equal(volume, (string)JsonNode.Parse(some.Out)![0]!["Name"]!);
        host.Run("volume", "create", "x").FailsClearly(1, "too short");
    }

    [Fact]
    public void Force_makes_a_missing_volume_fine_and_one_in_use_not()
    {
        string volume = host.NewName("v");
        host.Run("volume", "rm", "-f", volume).Exits(0);
        host.Run("volume", "rm", volume).FailsClearly(1, volume, "no such volume");
        using (Container container = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
            host.Run("volume", "rm", "--force", volume).FailsClearly(1, "in use", container.Id);
        host.Run("volume", "rm", "--force", volume).Exits(0);
    }

    [Theory]
    [InlineData("create --availability active")]
    [InlineData("create --group g")]
    [InlineData("create --limit-bytes 1g")]
    [InlineData("create --required-bytes 1g")]
    [InlineData("create --scope single")]
    [InlineData("create --secret a=b")]
    [InlineData("create --sharing none")]
    [InlineData("create --topology-preferred a=b")]
    [InlineData("create --topology-required a=b")]
    [InlineData("create --type mount")]
    [InlineData("ls --cluster")]
    [InlineData("update --availability pause")]
    public void What_is_for_cluster_volumes_is_refused_by_name(string flags)
    {
        string[] words = flags.Split(' ');
        host.Run(["volume", .. words]).FailsClearly(1, words[1], "not supported", "Swarm");
    }
}
