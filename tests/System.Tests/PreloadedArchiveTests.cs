namespace Skiff.System.Tests;

/// <summary>Archives as preloaded images: layers stay in them, where their form allows that.</summary>
public sealed class PreloadedArchiveTests(SkiffHost host)
{
    private readonly string _folder = host.NewFolder();

    [Theory]
    [InlineData("erofs", "save", true)]
    [InlineData("erofs", "docker-archive", true)]
    [InlineData("erofs", "oci-archive", false)]
    [InlineData("erofs", "gzip", false)]
    [InlineData("overlay", "save", false)]
    public void Images_of_an_archive_are_used_where_they_lie(string snapshotter, string form, bool stays)
    {
        string archive = Make(form, host.Probe, "factory.tar");
        using Store store = new(host, snapshotter);
        Assert.Equal("there", Run(store, archive, "run", "--rm", "--network", "none", "factory:v1", "echo", "there")
            .Exits(0).Text());
        string id = Run(store, archive, "images", "-q", "--no-trunc").Exits(0).Text();
        long bytes = Bytes(Path.Combine(store.Root, "preloaded"));
        Assert.Equal(stays, bytes < new FileInfo(archive).Length / 4);
        Assert.Empty(store.Entries("layers"));
        Assert.Contains(" 0 defects", Run(store, archive, "system", "check", "-q").Exits(0).Text());
        Assert.NotEqual("0B", Run(store, archive, "images", "--format", "{{.Size}}").Exits(0).Text());
        Run(store, archive, "rmi", "-f", "factory:v1").FailsClearly(1, "is preloaded", "factory.tar");
        Run(store, archive, "system", "prune", "-af").Exits(0);
        AssertGivesTheSame(store, archive, id);
        Assert.Single(store.Entries("preloaded"), path => !path.EndsWith(".lock"));
    }

    [Fact]
    public void Files_in_a_layer_that_stays_are_those_of_a_pulled_one()
    {
        string archive = Make("save", host.Debian, "debian.tar");
        using Store store = new(host, "erofs"), pulled = new(host, "erofs");
        pulled.Run("pull", "-q", host.Debian).Exits(0);
        string[] sums = ["run", "--rm", "--network", "none", "IMAGE", "sh", "-c",
            "cd / && find usr var -xdev -type f -size +0 | sort | xargs md5sum | md5sum"];
        string expected = pulled.Run([.. sums.Select(word => word == "IMAGE" ? host.Debian : word)]).Exits(0).Text();
        Assert.Equal(expected,
            Run(store, archive, [.. sums.Select(word => word == "IMAGE" ? "factory:v1" : word)]).Exits(0).Text());
    }

    [Fact]
    public void Archive_in_a_directory_is_found_and_a_newer_one_takes_its_place()
    {
        string archive = Make("save", host.Busybox, "factory.tar");
        using Store store = new(host, "erofs");
        string old = Run(store, _folder, "images", "-q", "--no-trunc").Exits(0).Text();
        string[] before = store.Entries("preloaded");
        Run(store, _folder, "images").Exits(0);
        Assert.Equal(before, store.Entries("preloaded"));
        File.Move(Make("save", host.Probe, "next"), archive, overwrite: true);
        string next = Run(store, _folder, "images", "-q", "--no-trunc").Exits(0).Text();
        Assert.NotEqual(old, next);
        Assert.Equal(before.Length, store.Entries("preloaded").Length);
        Assert.Equal("new", Run(store, _folder, "run", "--rm", "--network", "none", "factory:v1", "echo", "new")
            .Exits(0).Text());
        File.Delete(archive);
        Assert.Equal("", Run(store, _folder, "images", "-q").Exits(0).Text());
    }

    [Fact]
    public void Archive_that_is_damaged_is_named_and_keeps_nobody_from_the_others()
    {
        Make("save", host.Busybox, "good.tar");
        byte[] good = File.ReadAllBytes(Path.Combine(_folder, "good.tar"));
        File.WriteAllBytes(Path.Combine(_folder, "bad.tar"), good[..9000]);
        using Store store = new(host, "erofs");
        CommandResult listed = Run(store, _folder, "images", "--format", "{{.Repository}}").Exits(0);
        Assert.Equal("factory", listed.Text());
        Assert.Contains($"Warning: the images of {_folder}/bad.tar are left out: cannot take images from the archive: ",
            listed.Error);
        Assert.Single(store.Entries("preloaded"), path => path.Contains("-erofs-"));
    }

    [Fact]
    public void Image_of_an_archive_can_be_pushed()
    {
        string archive = Make("save", host.Busybox, "factory.tar"), target = host.Image("from-archive:v1");
        using Store store = new(host, "erofs"), other = new(host, "erofs");
        Run(store, archive, "tag", "factory:v1", target).Exits(0);
        Run(store, archive, "push", "-q", target).Exits(0);
        other.Run("pull", "-q", target).Exits(0);
        Assert.Equal(Run(store, archive, "images", "-q", "--no-trunc", "factory:v1").Text(), other.Id(target));
    }

    // Saved again, an image has the layers that its config names, whole.
    private void AssertGivesTheSame(Store store, string archive, string id)
    {
        string saved = Path.Combine(store.Folder, "saved.tar");
        Run(store, archive, "save", "-o", saved, "factory:v1").Exits(0);
        using Store other = new(host, "erofs");
        other.Run("load", "-q", "-i", saved).Exits(0);
        Assert.Equal(id, other.Id("factory:v1"));
    }

    private string Make(string form, string image, string name)
    {
        string archive = Path.Combine(_folder, name), plain = archive + ".plain";
        using Store store = new(host, "overlay");
        store.Run("pull", "-q", image).Exits(0);
        store.Run("tag", image, "factory:v1").Exits(0);
        string made = form == "gzip" ? plain : archive;
        store.Run("save", "-o", form.EndsWith("-archive") ? plain : made, "factory:v1").Exits(0);
        if (form == "gzip") File.WriteAllBytes(archive, Gzip(plain));
        else if (form.EndsWith("-archive"))
            Command.Run("skopeo", "copy", "-q", "--insecure-policy", $"docker-archive:{plain}:factory:v1",
                $"{form}:{archive}:factory:v1").Exits(0);
        File.Delete(plain);
        return archive;
    }

    private static byte[] Gzip(string file)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new global::System.IO.Compression.GZipStream(
            bytes, global::System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(File.ReadAllBytes(file));
        return bytes.ToArray();
    }

    private static long Bytes(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(path => new FileInfo(path)).Where(file => file.LinkTarget is null).Sum(file => file.Length);

    private static CommandResult Run(Store store, string preloaded, params string[] arguments) =>
        store.Run(["--preloaded", preloaded, .. arguments]);
}
