using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>--mount type=image: the files of one image in a container of another one.</summary>
public sealed class ImageMountTests(SkiffHost host)
{
    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void An_image_is_there_to_read(string snapshotter)
    {
        using var store = new Store(
            host, snapshotter, new Dictionary<string, string?> { ["SKIFF_SUBIDS"] = "3000000:1048576" });
        foreach (string image in (ReadOnlySpan<string>)[host.Busybox, host.Probe])
            store.Run("pull", "-q", image).Exits(0);
        string whole = $"type=image,src={host.Probe},dst=/m", part = $"{whole},image-subpath=";
        Assert.Equal("seed\n1000:1000 750", Ask(
            "cat /m/data/seed.txt; stat -c '%u:%g %a' /m/data/sub", "--mount", whole));
        Assert.Equal("overlay ro", Ask("grep ' /m ' /proc/mounts | sed 's/\\(overlay\\) .* \\(ro\\),.*/\\1 \\2/'",
            "--mount", whole));
        foreach (string more in (ReadOnlySpan<string>)["", ",readonly", ",readonly=false"])
            Assert.Contains("Read-only file system", Run("touch /m/new; echo more >> /m/data/seed.txt",
                "--mount", whole + more).Error);
        Assert.Equal("deep", Ask("cat /m/deep.txt", "--mount", part + "data/sub"));
        Assert.Equal("seed", Ask("cat /m", "--mount", part + "data/seed.txt"));
        Assert.Contains("image-subpath", Run("true", "--mount", part + "data/none").Exits(125).Error);
        // As its own user namespace numbers them.
        Assert.Equal("1000:1000\ndeep", Ask("stat -c %u:%g /m/sub; cat /m/sub/deep.txt", "--userns", "auto",
            "--mount", part + "data"));
        Assert.Equal("0:0", Ask("stat -c %u:%g /m/bin", "--userns", "auto", "--mount", whole));

        string Ask(string script, params string[] flags) => Run(script, flags).Text();

        CommandResult Run(string script, params string[] flags) => store.Run(
            ["run", "--rm", "--network", "none", .. flags, host.Busybox, "sh", "-c", script]);
    }

    [Fact]
    public void A_symlink_of_the_image_does_not_lead_out()
    {
        using var image = new HostileImage(host, HostileImage.Link("etc", "/root/../../../etc"),
            HostileImage.Link("abs", "/etc"), HostileImage.Link("rel", "../../../../../../../etc"),
            HostileImage.Link("proc", "/proc/self/root/etc"));
        foreach (string path in (ReadOnlySpan<string>)["abs/passwd", "rel/passwd", "proc/passwd", "etc"])
            host.Run("run", "--rm", "--mount", $"type=image,src={image.Name},dst=/m,image-subpath={path}",
                host.Busybox, "cat", "/m").FailsClearly(125, "image-subpath", path);
        Assert.Contains("busybox", host.Ask("ls /m", "--mount",
            $"type=image,src={image.Name},dst=/m,image-subpath=bin/../bin"));
    }

    [Fact]
    public void An_image_that_a_container_has_mounted_stays()
    {
        using var own = new OwnRoots(host);
        foreach (string image in (ReadOnlySpan<string>)[host.Busybox, host.Probe])
            own.Run("pull", "-q", image).Exits(0);
        own.Run("create", "--network", "none", "--name", "reader", "--mount", $"type=image,src={host.Probe},dst=/m",
            host.Busybox, "sh", "-c", "cat /m/data/seed.txt; sleep 1000").Exits(0);
        own.Run("rmi", host.Probe).FailsClearly(1, "conflict", "container");
        own.Run("image", "prune", "-a", "-f").Exits(0);
        own.Run("start", "reader").Exits(0);
        own.Run("rmi", "-f", host.Probe).Exits(0);
        own.Run("system", "release").Exits(0);
        own.Run("restart", "-t", "0", "reader").Exits(0);
        Wait.Until(() => own.Run("logs", "reader").Out == "seed\nseed\n", "it reads it again");
        JsonNode json = JsonNode.Parse(own.Run("inspect", "reader").Text())![0]!;
        Assert.Equal($"image {host.Probe} False", $"{json["Mounts"]![0]!["Type"]} {json["Mounts"]![0]!["Name"]} "
            + $"{(bool)json["Mounts"]![0]!["RW"]!}");
        Assert.Equal(host.Probe, (string)json["HostConfig"]!["Mounts"]![0]!["Source"]!);
        own.Run("cp", "reader:/m/data/seed.txt", $"{own.Folder}/running").Exits(0);
        own.Run("stop", "-t", "0", "reader").Exits(0);
        own.Run("cp", "reader:/m/data/seed.txt", $"{own.Folder}/stopped").Exits(0);
        Assert.Equal("seed\nseed\n", File.ReadAllText($"{own.Folder}/running")
            + File.ReadAllText($"{own.Folder}/stopped"));
        own.Run("rm", "reader").Exits(0);
        Assert.Contains("Total reclaimed space", own.Run("image", "prune", "-a", "-f").Text());
        Assert.DoesNotContain("probe", own.Run("images").Text());
    }

    [Fact]
    public void An_image_that_is_not_there_is_told_and_no_container_made()
    {
        string name = host.NewName();
        host.Run("run", "--name", name, "--mount", "type=image,src=no/such:image,dst=/m", host.Busybox, "true")
            .FailsClearly(125, "No such image: no/such:image", "type \"image\"");
        host.Run("inspect", name).Exits(1);
        host.Run("create", "--mount", "type=image,dst=/m", host.Busybox).FailsClearly(125, "--mount", "source");
    }
}
