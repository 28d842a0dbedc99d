namespace Skiff.System.Tests;

/// <summary>Images on a read-only filesystem, as a factory puts them into a device: used where they are.</summary>
public sealed class PreloadedTests(SkiffHost host) : IDisposable
{
    private readonly string _folder = host.NewFolder();
    private string _preloaded = "";

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Preloaded_images_are_used_and_never_written(string snapshotter)
    {
        using Store store = Preload(snapshotter, host.Busybox);
        string id = Run(store, "image", "inspect", "-f", "{{.Id}}", host.Busybox).Exits(0).Text();
        Assert.Contains(host.Busybox, Run(store, "images", "--format", "{{.Repository}}:{{.Tag}}").Out);
        Assert.NotEqual("0B", Run(store, "images", "--format", "{{.Size}}").Exits(0).Text());
        Assert.Equal("preloaded",
            Run(store, "run", "--rm", "--network", "none", host.Busybox, "echo", "preloaded").Exits(0).Text());
        Assert.Empty(store.Entries("layers"));
        Assert.Contains(" 0 defects", Run(store, "system", "check", "-q").Text());
        Assert.Contains("Already exists", Run(store, "pull", host.Busybox).Exits(0).Out);
        Assert.Empty(store.Entries("layers"));
        Assert.Equal(id, Run(store, "image", "inspect", "-f", "{{.Id}}", host.Busybox).Exits(0).Text());
    }

    [Fact]
    public void They_stay_whatever_is_removed_and_names_of_ones_own_go()
    {
        using Store store = Preload("erofs", host.Busybox);
        string id = Run(store, "images", "-q").Exits(0).Text();
        foreach (string name in (string[])[host.Busybox, id])
            Run(store, "rmi", "-f", name).FailsClearly(1, "conflict: unable to remove", "is preloaded", _preloaded);
        Run(store, "tag", host.Busybox, "mine:v1").Exits(0);
        Assert.Equal(["Untagged: mine:v1"], Run(store, "rmi", "mine:v1").Exits(0).Lines);
        Run(store, "system", "prune", "-af").Exits(0);
        Run(store, "system", "gc", "--high", "0%", "--low", "0%").Exits(0);
        Assert.Equal("still", Run(store, "run", "--rm", "--network", "none", host.Busybox, "echo", "still").Text());
    }

    [Fact]
    public void New_images_stand_on_them()
    {
        using Store store = Preload("erofs", host.Busybox);
        string container = Run(store, "run", "-d", "--network", "none", host.Busybox, "touch", "/new").Exits(0).Text();
        Run(store, "wait", container).Exits(0);
        Run(store, "commit", container, "new:v1").Exits(0);
        Run(store, "rm", container).Exits(0);
        Assert.Single(store.Entries("layers"));
        Assert.Equal("/new", Run(store, "run", "--rm", "--network", "none", "new:v1", "ls", "/new").Text());
        string archive = Path.Combine(store.Folder, "new.tar");
        Run(store, "save", "-o", archive, "new:v1").Exits(0);
        using Store other = new(host, "overlay");
        other.Run("load", "-i", archive).Exits(0);
        Assert.Equal("/new", other.Run("run", "--rm", "--network", "none", "new:v1", "ls", "/new").Text());
    }

    [Fact]
    public void A_newer_image_of_the_same_name_hides_the_preloaded_one_until_it_goes()
    {
        using Store store = Preload("erofs", host.Busybox);
        string old = Run(store, "image", "inspect", "-f", "{{.Id}}", host.Busybox).Exits(0).Text();
        Run(store, "pull", "-q", host.Probe).Exits(0);
        Run(store, "tag", host.Probe, host.Busybox).Exits(0);
        Assert.NotEqual(old, Run(store, "image", "inspect", "-f", "{{.Id}}", host.Busybox).Exits(0).Text());
        Run(store, "rmi", host.Busybox).Exits(0);
        Assert.Equal(old, Run(store, "image", "inspect", "-f", "{{.Id}}", host.Busybox).Exits(0).Text());
    }

    public void Dispose()
    {
        if (_preloaded.Length > 0) Command.Run("umount", _preloaded);
    }

    // A root with images, bind-mounted read-only elsewhere, and a store of one's own beside it.
    private Store Preload(string snapshotter, string image)
    {
        using (Store factory = new(host, snapshotter))
        {
            factory.Run("pull", "-q", image).Exits(0);
            string made = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
            Command.Run("mount", "--bind", factory.Root, made).Exits(0);
            _preloaded = made;
            Command.Run("mount", "-o", "remount,bind,ro", made).Exits(0);
        }
        return new Store(host, snapshotter);
    }

    private CommandResult Run(Store store, params string[] arguments) =>
        store.Run(["--preloaded", _preloaded, .. arguments]);
}
