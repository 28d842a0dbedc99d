using System.Text.RegularExpressions;

namespace Skiff.System.Tests;

/// <summary>
/// Many processes that pull, run, tag, remove, prune and collect on one store at the same time, some of which are
/// killed. SKIFF_STRESS_SECONDS makes it longer, SKIFF_SEED repeats the choices of a run.
/// </summary>
public sealed class StoreStressTests(SkiffHost host, ITestOutputHelper output)
{
    private const int Workers = 6;

    private static readonly int s_seconds = Settings.Number("SKIFF_STRESS_SECONDS") ?? 8;

    // What somebody else's removal, or somebody else's container, may make of a request.
    private static readonly Regex s_expected = new(
        @"No such (image|container)|Unable to find image|conflict: unable to|^[^\n]*: Pulling from|^\w+: (Pulling|Pull|"
        + @"Waiting|Verifying|Download|Already|Resuming)|^Digest: |^Status: |^making room: |"
        + "being started or removed by somebody else",
        RegexOptions.Multiline);

    [Theory]
    [InlineData("erofs")]
    [InlineData("overlay")]
    public void Whatever_happens_at_once_images_stay_whole_and_nothing_is_left(string store)
    {
        int seed = Settings.Number("SKIFF_SEED") ?? Random.Shared.Next();
        output.WriteLine($"{store} store, SKIFF_SEED={seed}");
        using var disk = new SmallDisk(host, store, 128 << 10);
        DateTime end = DateTime.UtcNow.AddSeconds(s_seconds);
        var counts = new int[Workers];
        Parallel.For(0, Workers, new ParallelOptions { MaxDegreeOfParallelism = Workers }, worker =>
        {
            var random = new Random(seed + worker);
            while (DateTime.UtcNow < end)
            {
                Step(disk, random, worker);
                counts[worker]++;
            }
        });
        output.WriteLine($"{counts.Sum()} steps of {Workers} processes at once, {store} store");
        AssertWhole(disk);
        AssertAllCanBeRemoved(disk);
    }

    private void Step(SmallDisk disk, Random random, int worker)
    {
        string image = host.Image(((string[])["busybox:latest", "busybox:docker", "busybox:zstd", "probe:latest"])
            [random.Next(4)]);
        string[] quiet = ["--network", "none"];
        switch (random.Next(16))
        {
            case 0 or 1 or 2: Expect(disk.Run("pull", "-q", image)); break;
            case 3 or 4: ExpectRun(disk.Run(["run", "--rm", .. quiet, image, "echo", "it runs"])); break;
            case 5: Expect(disk.Run("tag", image, $"local{worker}:{random.Next(3)}")); break;
            case 6: Expect(disk.Run("rmi", image)); break;
            case 7: Expect(disk.Run("rmi", "-f", $"local{worker}:{random.Next(3)}")); break;
            case 8: Expect(disk.Run("image", "prune", "-af")); break;
            case 9: Expect(disk.Run("system", "prune", "-f")); break;
            case 10: Expect(disk.Run("system", "gc", "--high", "0%", "--low", "0%")); break;
            case 11: CreateAndRemove(disk, [.. quiet, image, "true"]); break;
            case 12: PullAndKill(disk, image, random.Next(40)); break;
            case 13:
                Age(disk);
                Expect(disk.Run("--gc", "0%", "pull", "-q", image));
                break;
            case 14: Expect(disk.Run(random.Next(2) == 0 ? ["system", "df", "-v"] : ["images", "-a"])); break;
            default:
                Assert.Contains(" 0 defects", disk.Run("system", "check", "-q").Text());
                break;
        }
    }

    // A pull makes room by removing only what has not been used of late.
    private static void Age(SmallDisk disk)
    {
        foreach (string record in disk.Entries("images/ids"))
            Command.Run("touch", "-c", "-d", "2 hours ago", record);
    }

    private static void CreateAndRemove(SmallDisk disk, string[] arguments)
    {
        var created = disk.Run(["create", .. arguments]);
        Expect(created);
        if (created.ExitCode == 0) Expect(disk.Run("rm", created.Lines[^1]));
    }

    private static void PullAndKill(SmallDisk disk, string image, int afterMs)
    {
        using var pull = disk.Start("pull", "-q", image);
        Thread.Sleep(afterMs);
        Command.Run("kill", "-9", pull.Pid.ToString());
        pull.Finish();
    }

    // An image that was found, or pulled, is there until the container runs, whoever removes what.
    private static void ExpectRun(CommandResult run)
    {
        Expect(run);
        if (run.ExitCode == 0) Assert.Equal("it runs\n", run.Out);
    }

    private static void Expect(CommandResult result) => Assert.True(
        result.ExitCode == 0 || result.Error.TrimEnd('\n').Split('\n').All(line => s_expected.IsMatch(line)),
        $"nobody expects this: {result}");

    private static void AssertWhole(SmallDisk disk)
    {
        Assert.Contains(" 0 defects", disk.Run("system", "check", "-q").Text());
        foreach (string id in disk.Run("images", "-q", "--no-trunc").Text()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.Equal("whole", disk.Run("run", "--rm", "--network", "none", id, "echo", "whole").Text());
    }

    private static void AssertAllCanBeRemoved(SmallDisk disk)
    {
        disk.Run("system", "prune", "-af").Exits(0);
        Assert.Empty(disk.Run("ps", "-aq").Text());
        Assert.Equal(["names"], disk.Entries("containers").Select(Path.GetFileName));
        string running = Path.Combine(disk.Variables()["SKIFF_RUN_ROOT"]!, "containers");
        Assert.Empty(Directory.GetFileSystemEntries(running));
        foreach (string folder in (string[])["layers", "ingest", "content/sha256", "images/ids", "images/names",
            "containers/names", "volumes"])
            Assert.True(disk.Count(folder) == 0, $"left in {folder}: {string.Join(' ', disk.Entries(folder))}");
    }
}
