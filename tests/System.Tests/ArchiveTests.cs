using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`save` and `load`, alone and with skopeo, in both stores.</summary>
public sealed class ArchiveTests(SkiffHost host)
{
    [Theory]
    [InlineData("erofs", "overlay")]
    [InlineData("overlay", "erofs")]
    public void Image_goes_from_one_store_to_the_other_and_back_unchanged(string from, string to)
    {
        using Store first = new(host, from), second = new(host, to);
        first.Run("pull", "-q", host.Probe).Exits(0);
        first.Run("tag", host.Probe, "probe:copy").Exits(0);
        string there = Path.Combine(first.Folder, "there.tar"), back = Path.Combine(first.Folder, "back.tar");
        first.Run("save", "-o", there, "probe:copy").Exits(0);
        Assert.Equal(["Loaded image: probe:copy"], second.Run("load", "-i", there).Exits(0).Lines);
        Assert.Equal(first.Id("probe:copy"), second.Id("probe:copy"));
        second.Run("save", "-o", back, "probe:copy").Exits(0);
        Assert.Equal(File.ReadAllBytes(there), File.ReadAllBytes(back));
        Assert.Equal(0, second.Run("system", "check", "-q").ExitCode);
    }

    [Fact]
    public void Archive_has_the_names_that_were_asked_for()
    {
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        foreach (string name in (string[])["one:a", "one:b", "two:latest"])
            store.Run("tag", host.Busybox, name).Exits(0);
        string id = store.Id("one:a");
        Assert.Equal("one:a one:b", store.SavedNames("one"));
        Assert.Equal("two:latest", store.SavedNames("two"));
        Assert.Equal("one:b", store.SavedNames("one:b"));
        Assert.Equal("", store.SavedNames(id));
        Assert.Equal("two:latest one:a", store.SavedNames("two:latest", id[7..19], "one:a"));
        Assert.Contains("No such image: none:latest", store.Run("save", "one:a", "none").Exits(1).Error);
    }

    [Fact]
    public void Documents_of_our_own_have_no_escapes()
    {
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string container = store.Run("create", "--network", "none", host.Busybox).Exits(0).Text();
        store.Run("commit", "-m", "<1+1 & more>", container, "own:v1").Exits(0);
        store.Run("rm", container).Exits(0);
        string archive = Path.Combine(store.Folder, "own.tar");
        store.Run("save", "-o", archive, "own:v1").Exits(0);
        string documents = Command.Shell("""
            for file in $(tar -tf "$1"); do
                case $(tar -xOf "$1" "$file" | head -c 1) in "{"|"[") tar -xOf "$1" "$file";; esac
            done
            """, archive).Exits(0).Out;
        Assert.Contains("application/vnd.oci.image.manifest.v1+json", documents);
        Assert.Contains("application/vnd.oci.image.config.v1+json", documents);
        Assert.Contains("<1+1 & more>", documents);
        Assert.DoesNotContain("\\u00", documents);
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("gzip")]
    [InlineData("zstd -q")]
    [InlineData("xz -0")]
    [InlineData("bzip2 -1")]
    public void Archive_goes_through_pipes_whatever_compresses_it(string compressor)
    {
        using Store store = new(host, "erofs"), other = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        CommandResult piped = Command.Shell("""
            set -o pipefail
            "$1" --root "$2" --run-root "$2.run" save "$4" | $5 | "$1" --root "$3" --run-root "$3.run" load
            """, host.Binary, store.Root, other.Root, host.Busybox, compressor);
        Assert.Equal($"Loaded image: {host.Busybox}\n", piped.Exits(0).Out);
        Assert.Equal(store.Id(host.Busybox), other.Id(host.Busybox));
    }

    [Theory]
    [InlineData("docker-archive:{0}:sk:one", "Loaded image: sk:one")]
    [InlineData("oci-archive:{0}:sk:two", "Loaded image: sk:two")]
    [InlineData("oci-archive:{0}", "Loaded image ID: {1}")]
    public void Archives_of_skopeo_load_and_keep_id_and_layers(string target, string said)
    {
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Probe).Exits(0);
        string archive = Path.Combine(store.Folder, "skopeo.tar"), id = store.Id(host.Probe);
        Command.Run("skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", $"docker://{host.Probe}",
            string.Format(target, archive)).Exits(0);
        using Store other = new(host, "overlay");
        Assert.Equal([string.Format(said, archive, id)], other.Run("load", "-i", archive).Exits(0).Lines);
        Assert.Equal(store.Layers(id), other.Layers(id));
    }

    [Theory]
    [InlineData("docker-archive:{0}:sk:one")]
    [InlineData("oci-archive:{0}:one")]
    public void Skopeo_reads_our_archives(string source)
    {
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Probe).Exits(0);
        store.Run("tag", host.Probe, "sk:one").Exits(0);
        string archive = Path.Combine(store.Folder, "ours.tar"), copy = Path.Combine(store.Folder, "copy");
        store.Run("save", "-o", archive, "sk:one").Exits(0);
        Command.Run("skopeo", "copy", "-q", "--insecure-policy", string.Format(source, archive), "dir:" + copy)
            .Exits(0);
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(copy, "manifest.json")))!;
        Assert.Equal(store.Id("sk:one"), (string)manifest["config"]!["digest"]!);
        Assert.Equal(store.Layers("sk:one").Count(c => c == ':'), manifest["layers"]!.AsArray().Count);
    }

    [Fact]
    public void Cut_or_foreign_input_leaves_no_image_and_the_whole_archive_loads_afterwards()
    {
        using Store store = new(host, "erofs"), other = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string archive = Path.Combine(store.Folder, "a.tar"), cut = Path.Combine(store.Folder, "cut.tar");
        store.Run("save", "-o", archive, host.Busybox).Exits(0);
        byte[] whole = File.ReadAllBytes(archive);
        for (int length = 0; length < whole.Length; length += whole.Length / 7)
        {
            File.WriteAllBytes(cut, whole[..length]);
            Assert.Contains("cannot take images from the archive", other.Run("load", "-i", cut).Exits(1).Error);
        }
        Assert.Equal("", other.Run("images", "-q").Out);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(other.Root, "ingest")));
        Assert.Equal([$"Loaded image: {host.Busybox}"], other.Run("load", "-i", archive).Exits(0).Lines);
        Assert.Equal(0, other.Run("system", "check", "-q").ExitCode);
    }

    [Fact]
    public void File_that_cannot_be_written_is_named_and_nothing_is_left_beside_it()
    {
        using Store store = new(host, "erofs");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string folder = Directory.CreateDirectory(Path.Combine(store.Folder, "out")).FullName;
        Assert.Contains(folder, store.Run("save", "-o", folder, host.Busybox).Exits(1).Error);
        Assert.Contains("/none/a.tar", store.Run("save", "-o", folder + "/none/a.tar", host.Busybox).Exits(1).Error);
        Assert.Contains("No such image", store.Run("save", "-o", folder + "/a.tar", "none").Exits(1).Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }
}
