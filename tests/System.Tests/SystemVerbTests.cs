using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`system df`, `system check`, and the prunes: what they print, and their exit codes.</summary>
public sealed class SystemVerbTests(SkiffHost host)
{
    [Fact]
    public void Df_counts_images_containers_and_volumes()
    {
        using var disk = Furnished();
        var lines = disk.Run("system", "df").Exits(0).Lines;
        Assert.Matches(@"^TYPE\s+TOTAL\s+ACTIVE\s+SIZE\s+RECLAIMABLE$", lines[0]);
        Assert.Matches(@"^Images\s+2\s+1\s+[0-9.]+MB\s+[0-9.]+MB \(\d+%\)$", lines[1]);
        Assert.Matches(@"^Containers\s+2\s+1\s+100kB\s+100kB \(100%\)$", lines[2]);
        Assert.Matches(@"^Local Volumes\s+2\s+1\s+7B\s+4B \(57%\)$", lines[3]);
        Assert.Matches(@"^Build Cache\s+0\s+0\s+0B\s+0B$", lines[4]);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public void Df_takes_a_format_and_is_verbose_on_demand_but_not_both()
    {
        using var disk = Furnished();
        Assert.Equal("Images:2 Containers:2 Local Volumes:2 Build Cache:0",
            string.Join(' ', disk.Run("system", "df", "--format", "{{.Type}}:{{.TotalCount}}").Lines));
        var row = JsonNode.Parse(disk.Run("system", "df", "--format", "json").Lines[0])!;
        Assert.Equal("2", (string?)row["TotalCount"]);

        string verbose = disk.Run("system", "df", "-v").Text();
        foreach (string part in (string[])["Images space usage:", "Containers space usage:",
            "Local Volumes space usage:", "Build cache usage: 0B", "SHARED SIZE", "writer", "unused-volume"])
            Assert.Contains(part, verbose);
        disk.Run("system", "df", "-v", "--format", "json").FailsClearly(1, "conflict");
    }

    [Fact]
    public void Image_prune_asks_first_and_removes_what_has_no_tag()
    {
        using var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        string id = disk.Run("images", "-q", "--no-trunc").Text();
        using (var refused = disk.Start("image", "prune"))
        {
            var asked = refused.Finish("n\n").Exits(0);
            Assert.Contains("WARNING! This will remove all dangling images.", asked.Out);
            Assert.Contains("[y/N]", asked.Out);
        }
        Assert.Equal("Total reclaimed space: 0B", disk.Run("image", "prune", "-f").Text());
        Assert.Equal(id, disk.Run("images", "-q", "--no-trunc").Text());

        using var agreed = disk.Start("image", "prune", "--all");
        var pruned = agreed.Finish("y\n").Exits(0);
        Assert.Contains("Deleted Images:", pruned.Out);
        Assert.Contains($"untagged: {host.Busybox}", pruned.Lines);
        Assert.Contains($"deleted: {id}", pruned.Lines);
        Assert.Matches(@"^Total reclaimed space: 2\.\d+MB$", pruned.Lines[^1]);
        Assert.Empty(disk.Run("images", "-q").Text());
    }

    [Fact]
    public void Image_prune_takes_filters()
    {
        using var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        disk.Run("image", "prune", "-af", "--filter", "until=2001-01-01").Exits(0);
        disk.Run("image", "prune", "-af", "--filter", "label=nobody.has.it").Exits(0);
        Assert.NotEmpty(disk.Run("images", "-q").Text());
        disk.Run("image", "prune", "-f", "--filter", "color=red").FailsClearly(1, "invalid filter 'color'");
        disk.Run("image", "prune", "-f", "--filter", "red").FailsClearly(125, "invalid filter format");
        disk.Run("image", "prune", "-f", "--filter", "dangling=false").Exits(0);
        Assert.Empty(disk.Run("images", "-q").Text());
    }

    [Fact]
    public void System_prune_removes_stopped_containers_and_dangling_images_or_all_unused_ones()
    {
        using var disk = Furnished();
        using (var refused = disk.Start("system", "prune"))
            Assert.Contains("- all stopped containers", refused.Finish("\n").Exits(0).Out);
        Assert.Equal(2, disk.Run("ps", "-aq").Lines.Length);

        string stopped = disk.Run("ps", "-aq", "--no-trunc", "--filter", "name=writer").Text();
        var pruned = disk.Run("system", "prune", "-f").Exits(0);
        Assert.Equal(["Deleted Containers:", stopped, "", "Total reclaimed space: 100kB"], pruned.Lines);
        Assert.Equal(2, disk.Run("images", "-q").Lines.Length);

        var all = disk.Run("system", "prune", "-af").Exits(0);
        Assert.Contains($"untagged: {host.Probe}", all.Lines);
        Assert.Equal(host.Busybox,
            disk.Run("images", "--format", "{{.Repository}}:{{.Tag}}").Text());
        Assert.Equal("running", disk.Run("inspect", "--format", "{{.State.Status}}", "runner").Text());
        Assert.Equal(2, disk.Run("volume", "ls", "-q").Lines.Length);
    }

    [Theory]
    [InlineData("erofs", "layer.tar")]
    [InlineData("overlay", "root/bin/busybox")]
    public void Check_tells_what_is_damaged_and_repairs_it(string store, string file)
    {
        using var disk = new SmallDisk(host, store);
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        var sound = disk.Run("system", "check").Exits(0);
        Assert.Matches(@"^1 images, \d documents, 1 layers, 2\.\d+MB read: 0 defects\n$", sound.Out);
        Assert.Contains("Checking layer 1 of 1", sound.Error);
        Assert.True((bool)Json(disk, 0)["clean"]!);

        string layer = Assert.Single(disk.Entries("layers")), digest = "sha256:" + Path.GetFileName(layer);
        using (var damaged = File.OpenWrite(Path.Combine(layer, file)))
        {
            damaged.Position = 700_000;
            damaged.Write("damaged"u8);
        }
        var found = disk.Run("system", "check", "-q").Exits(1);
        Assert.StartsWith($"layer {digest[7..19]}: ", found.Lines[0]);
        Assert.EndsWith(": 1 defects", found.Lines[^1]);
        Assert.Empty(found.Error);
        var report = Json(disk, 1);
        Assert.False((bool)report["clean"]!);
        JsonNode defect = report["defects"]![0]!;
        Assert.Equal(("layer", digest), ((string?)defect["kind"], (string?)defect["subject"]));

        var repaired = disk.Run("system", "check", "-q", "--repair").Exits(0);
        Assert.Contains("fetched again from ", repaired.Lines[0]);
        Assert.EndsWith(": 1 defects, 1 repaired", repaired.Lines[^1]);
        Assert.EndsWith(": 0 defects", disk.Run("system", "check", "-q").Exits(0).Lines[^1]);
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Repair_fetches_the_damaged_layer_and_no_other(string store)
    {
        const string Text = "hello from the probe image";
        using var proxy = new HoldingProxy(host.RegistryPort);
        using var disk = new SmallDisk(host, store);
        string image = $"127.0.0.1:{proxy.Port}/probe:latest";
        disk.Run("pull", "-q", image).Exits(0);
        long whole = proxy.Passed;
        string file = Assert.Single(Command.Shell($"grep -rl '{Text}' {disk.Root}/layers --exclude=record").Lines);
        byte[] bytes = File.ReadAllBytes(file);
        int at = bytes.AsSpan().IndexOf(global::System.Text.Encoding.ASCII.GetBytes(Text));
        using (var damaged = File.OpenWrite(file))
        {
            damaged.Position = at;
            damaged.Write("HELLO"u8);
        }

        var repaired = disk.Run("system", "check", "--repair").Exits(0);
        Assert.EndsWith(": 1 defects, 1 repaired", repaired.Lines[^1]);
        Assert.Single(repaired.Error.Split('\n'), line => line.EndsWith(": Pull complete", StringComparison.Ordinal));
        // The other layer has all of busybox.
        Assert.InRange(proxy.Passed - whole, 1, whole / 4);
        Assert.Equal(Text, disk.Run("run", "--rm", "--network", "none", image, "cat", "/www/index.html").Text());
    }

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Repair_without_a_registry_leaves_the_damage_and_says_what_failed(string store)
    {
        using var disk = new SmallDisk(host, store);
        using (var proxy = new HoldingProxy(host.RegistryPort))
            disk.Run("pull", "-q", $"127.0.0.1:{proxy.Port}/busybox:latest").Exits(0);
        string layer = Assert.Single(disk.Entries("layers"));
        string file = Path.Combine(layer, store == "erofs" ? "layer.tar" : "root/bin/busybox");
        using (var damaged = File.OpenWrite(file))
        {
            damaged.Position = 700_000;
            damaged.Write("damaged"u8);
        }
        var result = disk.Run("system", "check", "-q", "--repair").Exits(1);
        Assert.Contains("cannot repair it: ", result.Lines[0]);
        Assert.Contains("ECONNREFUSED", result.Lines[0]);
        Assert.EndsWith(": 1 defects", result.Lines[^1]);
        Assert.Single(disk.Entries("layers"));
    }

    [Fact]
    public void Check_that_cannot_repair_says_why()
    {
        using var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        // The names with a digest say which registry to ask; without them nobody knows.
        string image = disk.Run("images", "-q", "--no-trunc").Text();
        foreach (string name in Directory.GetFiles(Path.Combine(disk.Root, "images/names"), "*.json",
            SearchOption.AllDirectories).Where(name => name.Contains("/_digests/")))
            File.Delete(name);
        File.WriteAllText(Path.Combine(disk.Root, "content", image.Replace(':', '/')), "{}");
        var result = disk.Run("system", "check", "-q", "--repair").Exits(1);
        Assert.Contains("cannot repair it: ", result.Out);
        Assert.Contains("load or build it again", result.Out);
    }

    [Fact]
    public void Check_takes_no_other_format_than_json() =>
        host.Run("system", "check", "--format", "xml").FailsClearly(125, "must be json");

    private static JsonNode Json(SmallDisk disk, int exitCode) =>
        JsonNode.Parse(disk.Run("system", "check", "-q", "--format", "json").Exits(exitCode).Out)!;

    // Two images, one container that runs and one that has written something, two volumes.
    private SmallDisk Furnished()
    {
        var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Probe).Exits(0);
        disk.Run("run", "-d", "--name", "runner", "--network", "none", "-v", "used-volume:/v", host.Busybox, "sh", "-c",
            "echo ab > /v/file; sleep 1000").Exits(0);
        disk.Run("run", "--name", "writer", "--network", "none", host.Busybox, "sh", "-c",
            "head -c 100000 /dev/zero > /file").Exits(0);
        disk.Run("volume", "create", "unused-volume").Exits(0);
        File.WriteAllText(Path.Combine(disk.Root, "volumes/unused-volume/_data/file"), "abc\n");
        return disk;
    }
}
