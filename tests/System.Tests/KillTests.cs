using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>
/// Each verb that works on images, killed at random points: what was there stays, nothing half-made is taken for whole,
/// the same command then does all of its work, and in the end everything can be removed. SKIFF_KILLS is how often each
/// verb is killed, SKIFF_SEED repeats the choices of a run.
/// </summary>
public sealed class KillTests(SkiffHost host, ITestOutputHelper output)
{
    private const string Kept = "kept:v1";

    private static readonly int s_kills = Settings.Number("SKIFF_KILLS") ?? 5;

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Killed_verbs_lose_nothing_and_leave_nothing(string snapshotter)
    {
        int seed = Settings.Number("SKIFF_SEED") ?? Random.Shared.Next();
        output.WriteLine($"{snapshotter} store, SKIFF_SEED={seed}, {s_kills} kills a verb");
        using ScratchRegistry registry = new();
        using Store store = new(host, snapshotter);
        var random = new Random(seed);
        foreach (string image in (string[])[host.Busybox, host.Probe]) store.Run("pull", "-q", image).Exits(0);
        store.Run("tag", host.Busybox, Kept).Exits(0);
        string container = store.Run("create", "--network", "none", Kept, "true").Exits(0).Text();
        string archive = Path.Combine(store.Folder, "probe.tar"), tree = Path.Combine(store.Folder, "tree.tar");
        store.Run("save", "-o", archive, host.Probe).Exits(0);
        store.Run("export", "-o", tree, container).Exits(0);
        string pushed = $"{registry.Host}/pushed:v1", written = Path.Combine(store.Folder, "written.tar");
        store.Run("tag", host.Probe, pushed).Exits(0);
        (string[] Verb, string[]? Undo, Action? Check)[] verbs =
        [
            (["pull", "-q", host.Probe], ["rmi", "-f", host.Probe, pushed], null),
            (["load", "-q", "-i", archive], ["rmi", "-f", host.Probe, pushed], null),
            (["tag", host.Busybox, "new:v1"], ["rmi", "new:v1"], null),
            (["rmi", "-f", "new:v1"], ["tag", host.Busybox, "new:v1"], null),
            (["rmi", "-f", host.Probe], ["load", "-q", "-i", archive], null),
            (["import", tree, "imported:v1"], ["rmi", "-f", "imported:v1"], null),
            (["commit", container, "committed:v1"], ["rmi", "-f", "committed:v1"], null),
            (["image", "prune", "-f"], ["import", tree], null),
            (["save", "-o", written, Kept], null, () => Check(written)),
            (["export", "-o", written, container], null, () => Check(written)),
        ];
        foreach ((string[] verb, string[]? undo, Action? check) in verbs)
            Kill(store, random, verb, undo, check);
        Push(store, registry, random, pushed);

        store.Run("rm", container).Exits(0);
        store.Run("system", "prune", "-af").Exits(0);
        foreach (string folder in (string[])["layers", "ingest", "content/sha256", "images/ids", "images/names"])
            Assert.Empty(store.Entries(folder));
    }

    private void Kill(Store store, Random random, string[] verb, string[]? undo, Action? check)
    {
        if (undo is not null) store.Run(undo);
        var watch = Stopwatch.StartNew();
        store.Run(verb).Exits(0);
        double wholeMs = watch.Elapsed.TotalMilliseconds;
        int killed = 0;
        for (int i = 0; i < s_kills; i++)
        {
            if (undo is not null) store.Run(undo);
            killed += KillOnce(store, verb, random.NextDouble() * wholeMs) ? 1 : 0;
            string what = $"after `{string.Join(' ', verb)}` was killed";
            check?.Invoke();
            CommandResult defects = store.Run("system", "check", "-q");
            Assert.True(defects.Out.Contains(" 0 defects"), $"{what}: {defects}");
            // A digest comes after its tag and goes before it; without one it is a name that nobody asked for.
            Assert.DoesNotMatch("(?m)^[^<\n]+:<none>$",
                store.Run("images", "--format", "{{.Repository}}:{{.Tag}}").Exits(0).Out);
            // Whatever had been made of it may make the verb say that there is nothing left to do.
            CommandResult again = store.Run(verb);
            Assert.True(again.ExitCode == 0 || verb[0] == "rmi", $"{what}: {again}");
            Assert.Equal("it runs", Run(store, Kept));
        }
        output.WriteLine($"{verb[0]}: {killed} of {s_kills} ended by the kill, {wholeMs:0} ms when left alone");
    }

    // The store is killed between two repositories, so that each push has something to do.
    private void Push(Store store, ScratchRegistry registry, Random random, string first)
    {
        if (store.Run("image", "inspect", first).ExitCode != 0)
        {
            store.Run("pull", "-q", host.Probe).Exits(0);
            store.Run("tag", host.Probe, first).Exits(0);
        }
        int killed = 0;
        for (int i = 0; i < s_kills; i++)
        {
            string name = $"{registry.Host}/pushed{i}:v1";
            store.Run("tag", first, name).Exits(0);
            killed += KillOnce(store, ["push", name], random.NextDouble() * 60) ? 1 : 0;
            Assert.Contains(" 0 defects", store.Run("system", "check", "-q").Text());
            store.Run("push", "-q", name).Exits(0);
            store.Run("rmi", name).Exits(0);
            store.Run("pull", "-q", name).Exits(0);
            Assert.Equal(store.Id(first), store.Id(name));
        }
        output.WriteLine($"push: {killed} of {s_kills} ended by the kill");
    }

    private bool KillOnce(Store store, string[] verb, double afterMs)
    {
        using Command running = Command.Start(host.Binary, store.Arguments(verb));
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed.TotalMilliseconds < afterMs && !running.HasExited) Thread.Yield();
        running.Kill();
        return running.Finish().ExitCode == 128 + 9;
    }

    // A file that has its name is whole.
    private static void Check(string archive)
    {
        if (!File.Exists(archive)) return;
        Command.Run("tar", "-tf", archive).Exits(0);
        File.Delete(archive);
    }

    private static string Run(Store store, string image) =>
        store.Run("run", "--rm", "--network", "none", image, "echo", "it runs").Exits(0).Text();
}
