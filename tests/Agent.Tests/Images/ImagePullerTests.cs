using System.Text;
using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public class ImagePullerTests
{
    [Fact]
    public async Task Pulled_image_is_found_by_name_and_id_prefix()
    {
        using var world = new ImageWorld();
        byte[] first = TestImage.Tar(300_000), second = TestImage.Tar(5_000, seed: 2);
        TestImage image = new TestImage().AddGzip(first).AddZstd(second).Push(world.Registry, "busybox");

        PullResult result = await world.PullAsync("busybox:v1");

        Assert.True(result.Changed);
        Assert.Equal(image.ManifestDigest, result.Digest);
        Assert.Equal(first, world.Layers.Read(image.DiffId(0)));
        Assert.Equal(second, world.Layers.Read(image.DiffId(1)));
        Image found = world.Store.Find(world.Ref("busybox:v1"))!;
        Assert.Equal(image.ConfigDigest, found.Id);
        Assert.Equal(["PATH=/bin"], found.Config.Config.Env!);
        Assert.Equal([image.DiffId(0), image.DiffId(1)], found.DiffIds);
        Assert.Equal([world.Ref("busybox:v1")], found.RepoTags);
        Assert.Equal([world.Ref($"busybox@{image.ManifestDigest}")], found.RepoDigests);
        Assert.Equal(first.Length + second.Length, found.SizeBytes);
        Assert.Equal(found.Id, world.Store.Find(found.Id.Hex[..7])!.Id);
        Assert.Equal(found.Id, world.Store.Find(found.Id.ToString())!.Id);
        Assert.Equal(found.Id, world.Store.Find(world.Ref($"busybox@{image.ManifestDigest}"))!.Id);
        Assert.Equal(0, world.Layers.Leftovers);
    }

    [Fact]
    public async Task Second_pull_fetches_no_blob_and_changes_nothing()
    {
        using var world = new ImageWorld();
        new TestImage().AddGzip(TestImage.Tar(1000)).Push(world.Registry, "a");
        await world.PullAsync("a:v1");
        int blobs = world.Registry.CountOf("/blobs/");

        PullResult again = await world.PullAsync("a:v1");

        Assert.False(again.Changed);
        Assert.Equal(blobs, world.Registry.CountOf("/blobs/"));
        Assert.Contains(world.Progress.Events, e => e.State == LayerState.AlreadyExists);
    }

    [Fact]
    public async Task Mirror_that_gives_other_bytes_is_named_in_a_warning_and_the_image_comes()
    {
        using var settings = new ScratchDirectory();
        using var world = new ImageWorld(settings);
        using var mirror = new TestRegistry();
        TestImage image = new TestImage().AddGzip(TestImage.Tar(1000)).Push(mirror, "a").Push(world.Registry, "a");
        await File.WriteAllTextAsync(settings["registries.json"],
            $$"""{"registries": {"{{world.Registry.Host}}": {"mirrors": ["{{mirror.Host}}"]} } }""");
        await File.WriteAllTextAsync(settings["policy.json"], """{"default": "accept"}""");
        mirror.Forge($"/v2/a/blobs/{image.BlobDigest(0)}", "", new byte[image.Layers[0].Blob.Length]);
        mirror.Forge($"/v2/a/blobs/{image.ConfigDigest}", "", [1]);

        Assert.Equal(image.ManifestDigest, (await world.PullAsync("a:v1")).Digest);

        string config = $"Warning: mirror {mirror.Host} is passed over for blob {image.ConfigDigest}: blob ";
        string layer = $"Warning: mirror {mirror.Host} is passed over for blob {image.BlobDigest(0)}: ";
        Assert.Single(world.Progress.Lines, line => line.StartsWith(config, StringComparison.Ordinal));
        Assert.Single(world.Progress.Lines, line => line.StartsWith(layer, StringComparison.Ordinal));
        Assert.Equal(0, world.Registry.CountOf("/manifests/"));
    }

    [Fact]
    public async Task Tag_moves_to_the_image_that_is_pulled_last()
    {
        using var world = new ImageWorld();
        TestImage old = new TestImage().AddGzip(TestImage.Tar(1000)).Push(world.Registry, "a");
        await world.PullAsync("a:v1");
        TestImage next = new TestImage().AddGzip(TestImage.Tar(1000, seed: 2)).Push(world.Registry, "a");
        PullResult result = await world.PullAsync("a:v1");

        Assert.True(result.Changed);
        Assert.Equal(next.ConfigDigest, world.Store.Get(world.Ref("a:v1")).Id);
        Assert.Empty(world.Store.Open(old.ConfigDigest).RepoTags);
        Assert.Equal(2, world.Store.List().Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Index_gives_the_image_of_the_platform(bool docker)
    {
        using var world = new ImageWorld();
        TestImage Make(string architecture, int seed, string? variant = null) =>
            new TestImage { Architecture = architecture, Variant = variant, Docker = docker }
                .AddGzip(TestImage.Tar(500, seed)).Push(world.Registry, "multi", tag: null);
        TestImage amd = Make("amd64", 1), arm = Make("arm64", 2), v7 = Make("arm", 3, "v7");
        Digest index = TestImage.PushIndex(world.Registry, "multi", "v1", docker, v7, arm, amd);

        TestImage host = Platform.Host.Architecture == "arm64" ? arm : amd;
        PullResult result = await world.PullAsync("multi:v1");
        Assert.Equal((index, host.ConfigDigest), (result.Digest, result.Image.Id));
        Assert.Equal([world.Ref($"multi@{index}")], result.Image.RepoDigests);
        Assert.Equal(v7.ConfigDigest, (await world.PullAsync("multi:v1", Platform.Parse("linux/arm/v7"))).Image.Id);
        Assert.Equal(v7.ConfigDigest, world.Store.Get(world.Ref("multi:v1")).Id);
        var e = await Assert.ThrowsAsync<ImageException>(
            () => world.PullAsync("multi:v1", Platform.Parse("linux/s390x")));
        Assert.Equal(
            $"pull {world.Ref("multi:v1")}: no image for platform linux/s390x: " +
            "expected one of linux/arm/v7, linux/arm64, linux/amd64",
            e.Message);
    }

    [Fact]
    public async Task Index_within_an_index_is_looked_into()
    {
        using var world = new ImageWorld();
        string platform = $"\"platform\":{{\"os\":\"linux\",\"architecture\":\"{Platform.Host.Architecture}\"}}";
        TestImage image = new TestImage().AddGzip(TestImage.Tar(500)).Push(world.Registry, "deep", tag: null);
        string other = Entry(
            image.ManifestType, image.ManifestBytes, "\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}");
        byte[] empty = Index(), wrong = Index(other),
            inner = Index(Entry(image.ManifestType, image.ManifestBytes, platform)),
            middle = Index(Entry(MediaTypes.OciIndex, empty), Entry(MediaTypes.OciIndex, inner, platform)),
            top = Index(other, Entry(MediaTypes.OciIndex, wrong), Entry(MediaTypes.OciIndex, middle));
        foreach (byte[] index in (byte[][])[empty, wrong, inner, middle])
            world.Registry.AddManifest("deep", null, MediaTypes.OciIndex, index);
        Digest digest = world.Registry.AddManifest("deep", "v1", MediaTypes.OciIndex, top);

        PullResult result = await world.PullAsync("deep:v1");

        Assert.Equal((digest, image.ConfigDigest), (result.Digest, result.Image.Id));
        Assert.Equal(5, world.Content.List().Count());
        world.Remove(world.Ref("deep:v1"));
        Assert.Empty(world.Content.List());
        var e = await Assert.ThrowsAsync<ImageException>(
            () => world.PullAsync("deep:v1", Platform.Parse("linux/riscv64")));
        Assert.EndsWith("no image for platform linux/riscv64: expected one of linux/s390x, "
            + $"linux/{Platform.Host.Architecture}", e.Message);
    }

    [Fact]
    public async Task Indexes_within_one_another_end()
    {
        using var world = new ImageWorld();
        byte[] index = Index();
        for (int i = 0; i < 40; i++)
        {
            world.Registry.AddManifest("deep", "v1", MediaTypes.OciIndex, index);
            index = Index(Entry(MediaTypes.OciIndex, index));
        }
        var e = await Assert.ThrowsAsync<ImageException>(() => world.PullAsync("deep:v1"));
        Assert.EndsWith("more than 16 indexes within the index: pull the manifest by its digest", e.Message);
    }

    private static byte[] Index(params string[] entries) => Encoding.UTF8.GetBytes(
        $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(",", entries)}}]}""");

    private static string Entry(string type, byte[] document, string? platform = null) =>
        $$"""{"mediaType":"{{type}}","digest":"{{TestRegistry.Sha(document)}}","size":{{document.Length}}"""
        + (platform is null ? "}" : $",{platform}}}");

    [Fact]
    public async Task Single_image_of_another_platform_is_refused_only_when_one_was_asked_for()
    {
        using var world = new ImageWorld();
        new TestImage { Architecture = "s390x" }.AddGzip([]).Push(world.Registry, "a");
        Assert.Equal("s390x", (await world.PullAsync("a:v1")).Image.Architecture);
        var e = await Assert.ThrowsAsync<ImageException>(() => world.PullAsync("a:v1", Platform.Parse("linux/amd64")));
        Assert.Contains("image is for linux/s390x: expected linux/amd64", e.Message);
    }

    [Fact]
    public async Task Unknown_image_and_wrong_digest_leave_nothing()
    {
        using var world = new ImageWorld();
        var e = await Assert.ThrowsAsync<ImageException>(() => world.PullAsync("foo:latest"));
        Assert.Equal($"pull {world.Ref("foo:latest")}: manifest unknown (404); check the name and the tag", e.Message);

        TestImage image = new TestImage().AddGzip(TestImage.Tar(90_000)).Push(world.Registry, "a");
        world.Registry.Forge($"/v2/a/blobs/{image.BlobDigest(0)}", "", TestImage.Gzip(TestImage.Tar(90_000, seed: 5)));
        e = await Assert.ThrowsAsync<ImageException>(() => world.PullAsync("a:v1"));
        Assert.StartsWith($"pull {world.Ref("a:v1")}: ", e.Message);
        Assert.Empty(world.Store.List());
        Assert.Empty(world.Content.List());
        Assert.Empty(world.Layers.List());
        Assert.Null(world.Store.Find(world.Ref("a:v1")));
    }

    [Fact]
    public async Task Many_layers_arrive_side_by_side_but_not_all_at_once()
    {
        using var world = new ImageWorld();
        var image = new TestImage();
        for (int i = 0; i < 12; i++) image.AddGzip(TestImage.Tar(20_000, seed: i));
        image.AddGzip(TestImage.Tar(20_000, seed: 3)).Push(world.Registry, "a");
        int now = 0, most = 0;
        world.Layers.OnAppend = total =>
        {
            if (total != 0) return;
            most = Math.Max(most, Interlocked.Increment(ref now));
            Thread.Sleep(30);
            Interlocked.Decrement(ref now);
        };
        PullResult result = await world.PullAsync("a:v1");
        Assert.Equal(13, result.Image.DiffIds.Count);
        Assert.Equal(12, world.Layers.List().Count());
        Assert.InRange(most, 2, 3);
        Assert.Equal(13, world.Registry.CountOf("/blobs/")); // Twelve layers, of which none twice, and the config.
    }

    [Fact]
    public async Task Cancelled_pull_is_prompt_and_leaves_no_image()
    {
        using var world = new ImageWorld();
        TestImage image = new TestImage().AddGzip(TestImage.Tar(100_000)).Push(world.Registry, "a");
        using var cancel = new CancellationTokenSource();
        world.Registry.Intercept = request =>
            request.Path.EndsWith(image.BlobDigest(0).ToString(), StringComparison.Ordinal)
            ? new Answer { Body = image.Layers[0].Blob, BreakAfter = 10_000, StallMs = 60_000 } : null;
        world.Progress.OnReport = e =>
        {
            if (e.DoneBytes > 0) cancel.Cancel();
        };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.PullAsync("a:v1", null, cancel.Token));
        Assert.True(watch.ElapsedMilliseconds < 30_000, $"{watch.ElapsedMilliseconds} ms");
        Assert.Empty(world.Store.List());
        Assert.Equal(0, world.Layers.Leftovers);
    }

    [Fact]
    public async Task Text_is_what_docker_prints_without_a_terminal()
    {
        using var world = new ImageWorld();
        TestImage image = new TestImage().AddGzip(TestImage.Tar(1000)).Push(world.Registry, "busybox", "latest");
        Reference reference = Reference.Parse(world.Ref("busybox"));
        string layer = image.BlobDigest(0).Short;
        Assert.Equal(
            [
                "latest: Pulling from busybox", $"{layer}: Pulling fs layer", $"{layer}: Verifying Checksum",
                $"{layer}: Download complete", $"{layer}: Pull complete", $"Digest: {image.ManifestDigest}",
                $"Status: Downloaded newer image for {reference.Familiar}",
            ],
            await LinesAsync());
        Assert.Equal(
            [
                "latest: Pulling from busybox", $"{layer}: Already exists",
                $"Digest: {image.ManifestDigest}", $"Status: Image is up to date for {reference.Familiar}",
            ],
            await LinesAsync());

        async Task<string[]> LinesAsync()
        {
            var output = new StringWriter();
            await world.Puller.PullAsync(reference, null, new PlainProgress(output), default);
            return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    [Fact]
    public async Task Layers_that_cannot_begin_at_once_wait()
    {
        using var world = new ImageWorld();
        var image = new TestImage();
        for (int i = 0; i < 5; i++) image.AddGzip(TestImage.Tar(100 + i));
        image.Push(world.Registry, "a");
        await world.PullAsync("a:v1");
        Assert.Equal([image.BlobDigest(3).Short, image.BlobDigest(4).Short],
            world.Progress.Events.Where(e => e.State == LayerState.Waiting).Select(e => e.Id));
        Assert.All(world.Progress.Events.GroupBy(e => e.Id), layer => Assert.Equal(
            layer.Select(e => e.State).Order(), layer.Select(e => e.State)));
    }

    [Fact]
    public async Task Image_that_is_not_there_is_pulled_from_nowhere()
    {
        using var world = new ImageWorld();
        await Assert.ThrowsAsync<ImageException>(() => world.PullAsync("none:v1"));
        Assert.Empty(world.Progress.Lines);
    }
}
