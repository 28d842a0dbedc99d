using Skiff.Agent.Images;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

public sealed class StoreCheckTests
{
    private static readonly byte[] s_one = TestImage.Tar(3_000_000), s_two = TestImage.Tar(40_000, seed: 2);

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public async Task Sound_store_is_clean_and_everything_was_read(string kind)
    {
        using var world = new StoreWorld(kind);
        await PullTwoImages(world);

        StoreReport report = world.Check();

        Assert.Empty(report.Defects);
        Assert.Empty(report.Notes);
        // Two images of one layer each and one that they share; an index-less image has a config and a manifest.
        Assert.Equal((2, 4, 3), (report.Images, report.Documents, report.Layers));
        Assert.Equal(world.BytesRead, report.Bytes);
        Assert.True(report.Bytes >= s_one.Length + s_two.Length);
        Assert.Equal([1, 2, 3], world.Checked.Select(c => c.Number));
        Assert.All(world.Checked, c => Assert.Equal(3, c.Count));
    }

    public static TheoryData<string, string, string, string> Damages => new()
    {
        { "erofs", "flip layer.tar 1500000", "Layer", "layer.tar is damaged: expected sha256:" },
        { "erofs", "flip layer.tar 0", "Layer", "layer.tar is damaged: expected sha256:" },
        { "erofs", "cut layer.tar 1000000", "Layer", "layer.tar is damaged: expected sha256:" },
        { "erofs", "cut layer.tar 0", "Layer", "layer.tar is damaged: expected sha256:" },
        { "erofs", "grow layer.tar", "Layer", "layer.tar is damaged: expected sha256:" },
        { "erofs", "delete layer.tar", "Layer", "layer.tar is missing" },
        { "erofs", "delete layer.erofs", "Index", "layer.erofs is missing" },
        { "erofs", "flip layer.erofs 1100", "Index", "layer.erofs is damaged: it differs" },
        { "erofs", "cut layer.erofs 512", "Index", "layer.erofs is damaged: expected" },
        { "erofs", "grow layer.erofs", "Index", "layer.erofs is damaged: " },
        { "erofs", "delete .", "Layer", "layer.tar is missing" },
        { "overlay", "flip root/d/file1 1500000", "Layer", "is damaged: expected sha256:" },
        { "overlay", "cut root/d/file1 1500000", "Layer", "" },
        { "overlay", "delete root/d/file1", "Layer", "" },
        { "overlay", "delete record", "Layer", "" },
        { "overlay", "flip record 600", "Layer", "" },
        { "overlay", "delete .", "Layer", "is not in the store" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Damaged_layer_is_named_and_healed_by_no_more_than_its_own_blob(
        string store, string damage, string kind, string text)
    {
        using var world = new StoreWorld(store);
        (TestImage first, _) = await PullTwoImages(world);
        Digest diffId = first.DiffId(0);
        Damage(damage, name => world.LayerFile(diffId, name));
        int before = world.Registry.Requests.Count;

        StoreDefect found = Assert.Single(world.Check().Defects);
        Assert.Equal((kind, diffId.ToString()), (found.Kind.ToString(), found.Subject));
        Assert.Contains(text, found.Text);
        Assert.Contains(first.ConfigDigest, found.Images);
        Assert.Equal(before, world.Registry.Requests.Count);

        StoreReport repair = world.Check(repair: true);
        Assert.True(repair.IsClean, string.Join('\n', repair.Defects));
        string[] asked = [.. world.Registry.Requests.Skip(before).Select(request => request.Path)];
        Assert.Equal(kind == "Index" ? [] : [$"/v2/first/blobs/{first.BlobDigest(0)}"], asked);
        Assert.Empty(world.Check().Defects);
        Assert.Equal(s_one, world.Read(diffId));
        Assert.DoesNotContain(world.Ingests(), path => !path.Contains("/replaced-"));
    }

    [Theory]
    [InlineData("config", "flip", "/v2/first/blobs/")]
    [InlineData("config", "delete", "/v2/first/blobs/")]
    [InlineData("config", "cut", "/v2/first/blobs/")]
    [InlineData("manifest", "flip", "/v2/first/manifests/sha256:")]
    [InlineData("manifest", "delete", "/v2/first/manifests/sha256:")]
    public async Task Damaged_document_is_named_and_fetched_alone(string which, string how, string asked)
    {
        using var world = new StoreWorld("erofs");
        (TestImage first, _) = await PullTwoImages(world);
        Digest digest = which == "config" ? first.ConfigDigest : first.ManifestDigest;
        Damage($"{how} {digest.Hex} 20", name => Path.Join(world.Roots.Root, "content/sha256", name));
        int before = world.Registry.Requests.Count;

        StoreDefect found = Assert.Single(world.Check().Defects);
        Assert.Equal((StoreDefectKind.Document, digest.ToString()), (found.Kind, found.Subject));

        Assert.True(world.Check(repair: true).IsClean);
        Assert.Equal(asked + (asked.EndsWith(':') ? digest.Hex : digest.ToString()),
            Assert.Single(world.Registry.Requests.Skip(before)).Path);
        Assert.Empty(world.Check().Defects);
    }

    [Fact]
    public async Task Everything_damaged_at_once_is_healed_in_the_right_order()
    {
        using var world = new StoreWorld("erofs");
        (TestImage first, _) = await PullTwoImages(world);
        foreach (string document in Directory.GetFiles(Path.Join(world.Roots.Root, "content/sha256")))
            Damage($"flip {document} 9", name => name);
        foreach (string record in Directory.GetFiles(Path.Join(world.Roots.Root, "images/ids")))
            File.WriteAllBytes(record, []);
        Directory.Delete(Path.Join(world.Roots.Root, "layers"), recursive: true);

        Assert.False(world.Check().IsClean);
        StoreReport repair = world.Check(repair: true);

        Assert.True(repair.IsClean, string.Join('\n', repair.Defects));
        world.AssertClean();
        Assert.Equal(s_one, world.Read(first.DiffId(0)));
    }

    [Theory]
    [InlineData("_tags/v1.json")]
    [InlineData("_digests/*.json")]
    public async Task Damaged_name_is_named_and_pulled_again(string pattern)
    {
        using var world = new StoreWorld("erofs");
        (TestImage first, _) = await PullTwoImages(world);
        string names = Path.Join(world.Roots.Root, "images/names", world.Registry.Host, "first");
        string file = Directory.GetFiles(Path.Join(names, Path.GetDirectoryName(pattern)))[0];
        File.WriteAllText(file, "{\"image\":");

        Assert.Equal(StoreDefectKind.Name, Assert.Single(world.Check().Defects).Kind);
        int before = world.Registry.CountOf("/blobs/");
        Assert.True(world.Check(repair: true).IsClean);

        Assert.Equal(before, world.Registry.CountOf("/blobs/"));
        world.AssertClean();
        Assert.Equal(first.ConfigDigest, world.Store.Get(world.Ref("first:v1")).Id);
    }

    [Fact]
    public async Task Strays_are_defects_and_what_no_image_needs_is_a_note()
    {
        using var world = new StoreWorld("erofs");
        (_, TestImage second) = await PullTwoImages(world);
        string layers = Path.Join(world.Roots.Root, "layers");
        Directory.CreateDirectory(Path.Join(layers, "lost"));
        Directory.CreateDirectory(Path.Join(layers, new string('a', 64)));
        world.Store.Names.Remove([Reference.Parse(world.Ref("second:v1"))]);
        world.Store.Names.Remove([Reference.Parse(world.Ref($"second@{second.ManifestDigest}"))]);
        world.Store.Records.Remove(second.ConfigDigest);

        StoreReport report = world.Check();

        Assert.Equal([StoreDefectKind.Stray, StoreDefectKind.Stray], report.Defects.Select(d => d.Kind));
        Assert.Equal(3, report.Notes.Count); // Config, manifest, and the one layer that was the second image's alone.
        new ImageRemoval(world.Store, () => []).CollectGarbage();
        StoreReport after = world.Check();
        Assert.Empty(after.Defects);
        Assert.Empty(after.Notes);
        Assert.Equal(2, Directory.GetDirectories(layers).Length);
    }

    [Fact]
    public async Task Repair_that_is_not_possible_says_why_and_leaves_the_layer()
    {
        using var world = new StoreWorld("erofs");
        (TestImage first, _) = await PullTwoImages(world);
        Damage("flip layer.tar 700", name => world.LayerFile(first.DiffId(0), name));
        world.Registry.Intercept = _ => Answer.Text(404, "");

        StoreReport report = world.Check(repair: true);

        Assert.Contains("not found (404)", Assert.Single(report.Defects).Failure);
        Assert.False(report.IsClean);
        Assert.True(File.Exists(world.LayerFile(first.DiffId(0), "layer.erofs")));
        Assert.Empty(world.Ingests());
    }

    [Fact]
    public async Task Layer_is_replaced_under_a_running_overlay_and_the_next_one_sees_the_new_bytes()
    {
        using var world = new StoreWorld("erofs");
        (TestImage first, _) = await PullTwoImages(world);
        Digest diffId = first.DiffId(0);
        string lower = world.Layers.LowerDirectories([diffId])[0], merged = Path.Join(world.Base, "merged");
        Directory.CreateDirectory(merged);
        Assert.Equal(Errno.None, Mounts.TryMount("overlay", merged, "overlay", 1, $"lowerdir={lower}:{world.Base}"));
        try
        {
            byte[] before = File.ReadAllBytes(Path.Join(merged, "d/file1"));
            Damage("flip layer.tar 1500000", name => world.LayerFile(diffId, name));
            Assert.True(world.Check(repair: true).IsClean);
            // The running one keeps its files, the damaged byte included, and none of them has gone.
            Assert.Equal(before.Length, File.ReadAllBytes(Path.Join(merged, "d/file1")).Length);
            string next = world.Layers.LowerDirectories([diffId])[0];
            Assert.Equal(before, File.ReadAllBytes(Path.Join(next, "d/file1")));
        }
        finally
        {
            Mounts.TryUnmount(merged, detach: true);
        }
    }

    private static async Task<(TestImage First, TestImage Second)> PullTwoImages(StoreWorld world)
    {
        TestImage first = new TestImage().AddGzip(s_one).AddGzip(s_two).Push(world.Registry, "first");
        byte[] three = TestImage.Tar(9_000, seed: 3);
        TestImage second = new TestImage().AddPlain(three).AddGzip(s_two).Push(world.Registry, "second");
        await world.PullAsync("first:v1");
        await world.PullAsync("second:v1");
        return (first, second);
    }

    private static void Damage(string damage, Func<string, string> place)
    {
        string[] words = damage.Split(' ');
        string path = place(words[1]);
        switch (words[0])
        {
            case "delete" when Directory.Exists(path):
                Directory.Delete(path, recursive: true);
                break;
            case "delete":
                File.Delete(path);
                break;
            case "cut":
                using (FileStream file = File.OpenWrite(path)) file.SetLength(long.Parse(words[2]));
                break;
            case "grow":
                File.AppendAllText(path, "x");
                break;
            default:
                using (FileStream file = File.Open(path, FileMode.Open))
                {
                    file.Position = long.Parse(words[2]);
                    int value = file.ReadByte();
                    file.Position--;
                    file.WriteByte((byte)(value ^ 1));
                }
                break;
        }
    }
}
