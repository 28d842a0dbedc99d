using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`pull`, `images` and `rmi` against Debian's docker-registry.</summary>
public sealed class PullTests(SkiffHost host)
{
    [Theory]
    [InlineData("busybox:latest")]
    [InlineData("busybox:docker")]
    [InlineData("busybox:zstd")]
    public void Pull_takes_oci_docker_and_zstd_images_that_run(string name)
    {
        var image = host.Image(name);
        var pulled = host.Run("pull", image).Text();
        Assert.EndsWith(image, pulled);
        Assert.Contains("Digest: sha256:", pulled);
        Assert.Contains("Status: ", pulled);
        Assert.Equal("42", host.Run("run", "--rm", image, "echo", "42").Text());
    }

    [Fact]
    public void Second_pull_says_that_the_image_is_up_to_date()
    {
        host.Run("pull", host.Busybox).Exits(0);
        Assert.Contains("Image is up to date", host.Run("pull", host.Busybox).Text());
    }

    [Fact]
    public void Quiet_pull_prints_the_reference_only() =>
        Assert.Equal(host.Busybox, host.Run("pull", "-q", host.Busybox).Text());

    [Fact]
    public void Pull_by_digest_runs_what_the_digest_names()
    {
        var digest = host.Run("pull", host.Busybox).Lines.First(line => line.StartsWith("Digest: "))[8..];
        var reference = host.Image("busybox@" + digest);
        host.Run("pull", reference).Exits(0);
        Assert.Equal("by digest", host.Run("run", "--rm", reference, "echo", "by digest").Text());
    }

    [Fact]
    public void Run_pulls_a_missing_image_and_reports_that_on_stderr()
    {
        host.Run("rmi", "-f", host.Image("busybox:zstd"));
        var result = host.Run("run", "--rm", host.Image("busybox:zstd"), "echo", "there").Exits(0);
        Assert.Equal("there\n", result.Out);
        Assert.Contains("Unable to find image", result.Error);
    }

    [Fact]
    public void Images_lists_repository_tag_id_and_size()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        var lines = host.Run("images").Exits(0).Lines;
        Assert.Matches(@"^REPOSITORY\s+TAG\s+IMAGE ID\s+CREATED\s+SIZE$", lines[0]);
        var row = Assert.Single(lines, line => line.StartsWith(host.Image("busybox ")) && line.Contains(" latest "));
        Assert.Matches(@"\s[0-9a-f]{12}\s.*\s[0-9.]+[kMG]?B$", row);
        Assert.Contains(row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], host.Run("images", "-q").Lines);
    }

    [Fact]
    public void Inspect_of_an_image_shows_its_configuration()
    {
        host.Run("pull", "-q", host.Probe).Exits(0);
        var image = JsonNode.Parse(host.Run("inspect", host.Probe).Text())![0]!;
        Assert.Equal("web", (string?)image["Config"]!["User"]);
        Assert.Equal("linux", (string?)image["Os"]);
        Assert.Equal(3, image["RootFS"]!["Layers"]!.AsArray().Count);
        Assert.StartsWith("sha256:", (string?)image["Id"]);
    }

    [Fact]
    public void Rmi_untags_and_deletes_and_the_image_is_gone()
    {
        var image = host.Image("busybox:docker");
        host.Run("pull", "-q", image).Exits(0);
        Assert.Contains($"Untagged: {image}", host.Run("rmi", image).Text());
        Assert.DoesNotContain(host.Run("images").Lines, line => line.Contains(" docker "));
        host.Run("rmi", image).FailsClearly(1, "No such image");
    }

    [Fact]
    public void Rmi_refuses_an_image_that_a_container_uses()
    {
        using var container = host.Detached(host.Probe, "sleep", "1000");
        host.Run("rmi", host.Probe).FailsClearly(1, "container");
        Assert.Equal("running", container.Get("State.Status"));
    }

    [Fact]
    public void Layers_apply_in_order_with_whiteouts_and_links()
    {
        const string Script =
            "cat /opt/kept /opt/symlink /opt/hardlink; ls /opt/gone 2>/dev/null; ls /opaque; stat -c %h /opt/kept";
        var seen = host.Run("run", "--rm", host.Probe, "sh", "-c", Script).Exits(0).Out;
        Assert.Equal("kept\nkept\nkept\nabove\n2\n", seen);
    }

    [Fact]
    public void Platform_picks_the_manifest_of_another_architecture()
    {
        host.Run("pull", "-q", "--platform", "linux/riscv64", host.Busybox).FailsClearly(1, "riscv64");
        Assert.Equal(0, host.Run("pull", "-q", host.Busybox).ExitCode);
    }
}
