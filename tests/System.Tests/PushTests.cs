using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>`push`, against Debian's docker-registry and with skopeo as another reader.</summary>
public sealed class PushTests(SkiffHost host)
{
    [Theory]
    [InlineData("erofs", "probe:latest")]
    [InlineData("overlay", "probe:latest")]
    [InlineData("erofs", "busybox:zstd")]
    public void Image_keeps_its_manifest_from_registry_to_registry_and_its_layers_without_any(
        string snapshotter, string image)
    {
        using ScratchRegistry first = new(withImages: true), second = new(), third = new();
        using Store a = new(host, snapshotter), b = new(host, snapshotter), c = new(host, "erofs");
        string source = $"{first.Host}/{image}", copy = $"{second.Host}/my/copy:v1", far = $"{third.Host}/far:v1";
        a.Run("pull", "-q", source).Exits(0);
        string digest = Digest(a, source), layers = a.Layers(source);

        a.Run("tag", source, copy).Exits(0);
        CommandResult pushed = a.Run("push", copy).Exits(0);
        Assert.Equal($"The push refers to repository [{second.Host}/my/copy]", pushed.Lines[0]);
        Assert.Contains(": Pushed", pushed.Out);
        Assert.StartsWith($"v1: digest: {digest} size: ", pushed.Lines[^1]);
        Assert.Equal(digest, Sha256(second.Manifest("my/copy", "v1")));
        Assert.Equal(digest, Digest(a, copy));
        first.Stop();

        // The second registry has all of it now, and so has who pulls from there.
        b.Run("pull", "-q", copy).Exits(0);
        Assert.Equal((digest, layers), (Digest(b, copy), b.Layers(copy)));
        b.Run("tag", copy, far).Exits(0);
        Assert.StartsWith($"v1: digest: {digest} size: ", b.Run("push", far).Exits(0).Lines[^1]);
        Assert.Equal(digest, Sha256(third.Manifest("far", "v1")));
        // An archive has the layers uncompressed, and what the registry calls the image besides.
        string archive = Path.Combine(b.Folder, "copy.tar"), loaded = $"{third.Host}/loaded:v1";
        b.Run("save", "-o", archive, copy).Exits(0);
        using (Store d = new(host, "erofs"))
        {
            d.Run("load", "-i", archive).Exits(0);
            Assert.Equal((digest, layers), (Digest(d, copy), d.Layers(copy)));
            d.Run("tag", copy, loaded).Exits(0);
            Assert.StartsWith($"v1: digest: {digest} size: ", d.Run("push", loaded).Exits(0).Lines[^1]);
        }
        second.Stop();

        // Nobody whom the first store knows of can be asked any more.
        string anew = $"{third.Host}/anew:v1";
        a.Run("tag", source, anew).Exits(0);
        CommandResult compressed = a.Run("push", anew).Exits(0);
        Assert.Contains($"The manifest's digest is another one than {digest}: layer ", compressed.Lines[^1]);
        Assert.Contains("cannot be had", compressed.Lines[^1]);
        Assert.NotEqual(digest, Sha256(third.Manifest("anew", "v1")));
        c.Run("pull", "-q", anew).Exits(0);
        Assert.Equal((a.Id(source), layers), (c.Id(anew), c.Layers(anew)));
        Assert.Equal(Digest(a, anew), Digest(c, anew));
        Assert.Equal(0, c.Run("system", "check", "-q").ExitCode);
    }

    [Fact]
    public void Index_is_pushed_as_the_manifest_of_this_platform()
    {
        using ScratchRegistry registry = new();
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string copy = $"{registry.Host}/bb:v1";
        store.Run("tag", host.Busybox, copy).Exits(0);
        CommandResult pushed = store.Run("push", copy).Exits(0);
        string manifest = registry.Manifest("bb", "v1");
        Assert.StartsWith($"v1: digest: {Sha256(manifest)} size: {Encoding.UTF8.GetByteCount(manifest)}",
            pushed.Lines[^1]);
        Assert.Equal(store.Id(copy), (string)JsonNode.Parse(manifest)!["config"]!["digest"]!);
        string index = Command.Run("skopeo", "inspect", "--tls-verify=false", "--raw", $"docker://{host.Busybox}").Out;
        Assert.Contains(Sha256(manifest), index);
        Assert.Equal($"{Sha256(index)} is an index and stays where it is: the image for this platform alone was pushed",
            pushed.Lines[^2]);
        CommandResult all = store.Run("push", "--all-tags", copy[..^3]).Exits(0);
        Assert.Equal(pushed.Lines[^2..], all.Lines[^2..]);
        using Store other = new(host, "erofs");
        other.Run("pull", "-q", copy).Exits(0);
        other.Run("tag", copy, $"{registry.Host}/again:v1").Exits(0);
        Assert.DoesNotContain("is an index", other.Run("push", $"{registry.Host}/again:v1").Exits(0).Out);
    }

    [Fact]
    public void Layers_that_are_there_are_neither_sent_nor_asked_for_again()
    {
        using ScratchRegistry source = new(withImages: true), registry = new();
        using Store store = new(host, "erofs");
        string image = $"{source.Host}/probe:latest";
        store.Run("pull", "-q", image).Exits(0);
        foreach (string name in (string[])["a:v1", "a:v2", "b:v1"])
            store.Run("tag", image, $"{registry.Host}/{name}").Exits(0);
        store.Run("push", $"{registry.Host}/a:v1").Exits(0);
        source.Stop();
        Assert.Equal(3, Count(store.Run("push", $"{registry.Host}/a:v2").Exits(0), "Layer already exists"));
        Assert.Equal(3, Count(store.Run("push", $"{registry.Host}/b:v1").Exits(0), "Mounted from a"));
        Assert.Equal(registry.Manifest("a", "v1"), registry.Manifest("b", "v1"));
    }

    [Theory]
    [InlineData("", "application/vnd.oci.image.manifest.v1+json", "layer.v1.tar+gzip")]
    [InlineData("--compression=zstd", "application/vnd.oci.image.manifest.v1+json", "layer.v1.tar+zstd")]
    [InlineData("--format=docker", "application/vnd.docker.distribution.manifest.v2+json", "diff.tar.gzip")]
    public void New_image_is_what_was_asked_for_and_others_read_it(string option, string type, string layer)
    {
        using ScratchRegistry registry = new();
        using Store store = new(host, "erofs"), other = new(host, "overlay");
        string image = $"{registry.Host}/new:v1";
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string container = store.Run("create", "--network", "none", host.Busybox, "true").Exits(0).Text();
        string archive = Path.Combine(store.Folder, "tree.tar");
        store.Run("export", "-o", archive, container).Exits(0);
        store.Run("rm", container).Exits(0);
        store.Run("import", "-c", "CMD echo pushed", archive, image).Exits(0);
        store.Run(["push", .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries), image]).Exits(0);
        JsonNode manifest = JsonNode.Parse(registry.Manifest("new", "v1"))!;
        Assert.Equal(type, (string)manifest["mediaType"]!);
        Assert.All(manifest["layers"]!.AsArray(), one => Assert.EndsWith(layer, (string)one!["mediaType"]!));
        Assert.Equal("pushed", other.Run("run", "--rm", "--network", "none", image).Text());
        string copy = Path.Combine(store.Folder, "copy");
        Command.Run("skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", $"docker://{image}",
            "dir:" + copy).Exits(0);
    }

    [Fact]
    public void All_tags_go_and_quiet_says_names_alone()
    {
        using ScratchRegistry registry = new();
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string[] names = [.. new[] { "v1", "v2" }.Select(tag => $"{registry.Host}/many:{tag}")];
        foreach (string name in names) store.Run("tag", host.Busybox, name).Exits(0);
        Assert.Equal(names, store.Run("push", "-q", "--all-tags", $"{registry.Host}/many").Exits(0).Lines);
        Assert.Equal(registry.Manifest("many", "v1"), registry.Manifest("many", "v2"));

        using Store other = new(host, "erofs");
        CommandResult pulled = other.Run("pull", "--all-tags", $"{registry.Host}/many").Exits(0);
        Assert.Equal($"{registry.Host}/many", pulled.Lines[^1]);
        string listed = other.Run("images", "--format", "{{.Repository}}:{{.Tag}}").Exits(0).Out;
        Assert.Equal(names, listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        other.Run("pull", "--all-tags", $"{registry.Host}/none").FailsClearly(1, "pull --all-tags", "(404)");
        other.Run("pull", "--all-tags", names[0]).FailsClearly(1, "tag can't be used with --all-tags/-a");
    }

    [Fact]
    public void Chunks_make_the_same_blobs()
    {
        using ScratchRegistry registry = new();
        using UploadServer server = new();
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string copy = $"{registry.Host}/chunks:v1", seen = $"{server.Registry.Host}/chunks:v1";
        store.Run("tag", host.Busybox, copy).Exits(0);
        store.Run("tag", host.Busybox, seen).Exits(0);
        store.Run("push", "--chunk-size", "64k", seen).Exits(0);
        Request[] patches = [.. server.Registry.Requests.Where(request => request.Method == "PATCH")];
        Assert.All(patches[..^1], patch => Assert.Equal(64 << 10, patch.Bytes.Length));
        Assert.True(patches.Length > 5 && patches[1]["Content-Range"] == "65536-131071");
        store.Run("push", "--chunk-size", "64k", copy).Exits(0);
        using Store other = new(host, "erofs");
        other.Run("pull", "-q", copy).Exits(0);
        Assert.Equal(Digest(store, copy), Digest(other, copy));
    }

    [Fact]
    public void What_cannot_be_pushed_is_refused_in_words()
    {
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        store.Run("tag", host.Busybox, "127.0.0.1:1/none:v1").Exits(0);
        string registry = host.Image("x")[..^2];
        store.Run("push", $"{registry}/none").FailsClearly(
            1, $"push {registry}/none:latest: An image does not exist locally with the tag: {registry}/none");
        store.Run("push", "--all-tags", $"{registry}/none").FailsClearly(1, "does not exist locally");
        store.Run("push", $"{host.Busybox}@sha256:{new string('0', 64)}").FailsClearly(
            1, "cannot push a digest reference");
        store.Run("push", "127.0.0.1:1/none:v1").FailsClearly(
            1, "push 127.0.0.1:1/none:v1: cannot reach registry 127.0.0.1:1: connect: ECONNREFUSED");
        store.Run("push", "--all-tags", host.Busybox).FailsClearly(1, "tag can't be used with --all-tags/-a");
        store.Run("push", "--compression", "lzma", host.Busybox).FailsClearly(
            1, "bad --compression \"lzma\": expected gzip or zstd");
        store.Run("push", "--chunk-size", "1k", host.Busybox).FailsClearly(1, "expected 64k to 256m");
    }

    private static int Count(CommandResult result, string what) => result.Lines.Count(line => line.EndsWith(what));

    private static string Digest(Store store, string name)
    {
        string repository = name[..name.LastIndexOf(':')];
        string all = store.Run("image", "inspect", "-f", "{{json .RepoDigests}}", name).Exits(0).Text();
        return JsonNode.Parse(all)!.AsArray().Select(one => ((string)one!).Split('@'))
            .Last(parts => parts[0] == repository)[1];
    }

    private static string Sha256(string text) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
