using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

public sealed class SnapshottersTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void Probe_agrees_with_the_kernel_and_leaves_only_its_verdict()
    {
        Directory.CreateDirectory(_sandbox.RunRoot);
        string name = Snapshotters.Open(_sandbox.Root, _sandbox.RunRoot).Name;
        Assert.Equal(Environment.OSVersion.Version >= new Version(6, 12) ? "erofs" : "overlay", name);
        Assert.Empty(Sandbox.MountsBelow(_sandbox.Base));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_sandbox.Root, "ingest")));
        Assert.Equal($"{name} {_sandbox.Root}\n", File.ReadAllText(Path.Combine(_sandbox.RunRoot, "snapshotter")));
    }

    [Fact]
    public void Verdict_of_an_earlier_probe_is_taken_and_one_about_another_root_is_not()
    {
        Directory.CreateDirectory(_sandbox.RunRoot);
        string verdict = Path.Combine(_sandbox.RunRoot, "snapshotter");
        File.WriteAllText(verdict, $"overlay {_sandbox.Root}\n");
        Assert.Equal("overlay", Snapshotters.Open(_sandbox.Root, _sandbox.RunRoot).Name);
        File.WriteAllText(verdict, "overlay /elsewhere\n");
        Snapshotters.Open(_sandbox.Root, _sandbox.RunRoot);
        Assert.Contains(_sandbox.Root, File.ReadAllText(verdict));
    }

    [Fact]
    public void Root_on_overlayfs_cannot_stack_two_more_and_gets_the_overlay_store()
    {
        string lower = Directory.CreateDirectory(_sandbox.NewPath("lower")).FullName;
        string root = Path.Combine(_sandbox.MountOverlay([lower]), "r");
        Assert.Equal("overlay", Snapshotters.Open(root, _sandbox.RunRoot).Name);
        Assert.DoesNotContain(Sandbox.MountsBelow(_sandbox.Base), mount => mount.StartsWith(root));
    }

    [Fact]
    public void Unknown_name_is_refused() =>
        Assert.Throws<ArgumentException>(() => Snapshotters.Open(_sandbox.Root, _sandbox.RunRoot, "btrfs"));
}
