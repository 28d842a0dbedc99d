using System.Diagnostics;
using Skiff.Interop.Cgroups;

namespace Skiff.Interop.Tests.Cgroups;

/// <summary>The real v2 tree of this machine; what needs a controller skips where the tree has none.</summary>
public sealed class CgroupTests : IDisposable
{
    private readonly CgroupHierarchy _tree = CgroupHierarchy.Detect();
    private readonly string _name = $"skiff-test-{Environment.ProcessId}-{Guid.NewGuid():N}";
    private readonly List<Process> _started = [];

    [Fact]
    public void Detect_finds_the_mount_that_proc_mounts_lists()
    {
        string[] mounts = File.ReadAllLines("/proc/self/mounts");
        Assert.Contains(mounts, line => line.Split(' ') is [_, var target, "cgroup2", ..] && target == _tree.Root);
        Assert.Equal(mounts.Any(line => line.Split(' ')[2] == "cgroup"), _tree.IsMixed);
    }

    [Fact]
    public void A_host_without_a_tree_is_told_what_to_do()
    {
        Assert.Null(CgroupHierarchy.TryDetect("/proc", out string problem));
        Assert.Contains("no cgroup v2 tree at /proc or /proc/unified", problem);
        Assert.Contains("systemd.unified_cgroup_hierarchy=1", problem);
    }

    [Fact]
    public void A_created_cgroup_holds_kills_and_goes_away()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, $"{_name}/web", CgroupControllers.None);
        Process sleeper = Sleeper(cgroup);
        Assert.Equal([sleeper.Id], cgroup.Processes);
        Assert.True(cgroup.Populated);
        string[] lines = File.ReadAllLines($"/proc/{sleeper.Id}/cgroup");
        Assert.EndsWith($"/{_name}/web", lines.Single(line => line.StartsWith("0::", StringComparison.Ordinal)));
        Assert.Equal(Errno.EBUSY, cgroup.TryRemove(timeoutMs: 20));
        cgroup.Kill();
        Assert.True(cgroup.WaitUntilEmpty(timeoutMs: 5000));
        Assert.True(sleeper.WaitForExit(5000));
        Assert.Equal(137, sleeper.ExitCode);
        Assert.Equal(Errno.None, cgroup.TryRemove(timeoutMs: 5000));
        Assert.False(Directory.Exists(cgroup.Path));
        Assert.Equal(Errno.None, cgroup.TryRemove(timeoutMs: 0));
    }

    [Fact]
    public void A_frozen_process_stops_until_thawed()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        using var counter = Start(cgroup, "sh", "-c", "while :; do :; done");
        Assert.True(cgroup.Freeze(timeoutMs: 5000));
        Assert.True(cgroup.Frozen);
        long before = cgroup.CpuUsageUs!.Value;
        Thread.Sleep(60);
        Assert.Equal(before, cgroup.CpuUsageUs!.Value);
        Assert.True(cgroup.Thaw(timeoutMs: 5000));
        Assert.False(cgroup.Frozen);
        Assert.True(SpinWait.SpinUntil(() => cgroup.CpuUsageUs > before, 5000));
    }

    [Fact]
    public async Task Who_freezes_or_thaws_does_not_wait_for_what_somebody_else_has_undone()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        Sleeper(cgroup);
        using var end = new CancellationTokenSource();
        Task undoing = Task.Run(() =>
        {
            while (!end.IsCancellationRequested) cgroup.Thaw(timeoutMs: 0);
        });
        try
        {
            for (int i = 0; i < 50; i++) Assert.True(cgroup.Freeze(timeoutMs: 5000), $"{i}");
        }
        finally
        {
            end.Cancel();
            await undoing;
        }
    }

    [Fact]
    public void Who_is_not_frozen_is_named_with_its_state()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        Process sleeper = Sleeper(cgroup);
        Assert.True(SpinWait.SpinUntil(() => cgroup.DescribeUnfrozen().StartsWith($"{sleeper.Id} (S, ",
            StringComparison.Ordinal), 5000), cgroup.DescribeUnfrozen());
        Assert.True(cgroup.Freeze(timeoutMs: 5000));
        Assert.True(SpinWait.SpinUntil(() => cgroup.DescribeUnfrozen() == "", 5000), cgroup.DescribeUnfrozen());
    }

    [Fact]
    public void A_frozen_cgroup_can_be_killed()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        Process sleeper = Sleeper(cgroup);
        Assert.True(cgroup.Freeze(timeoutMs: 5000));
        cgroup.Kill();
        Assert.True(sleeper.WaitForExit(5000));
    }

    [Fact]
    public void Without_cgroup_kill_every_process_below_is_killed_one_by_one()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        using Cgroup nested = Cgroup.Create(_tree, $"{_name}/a/b", CgroupControllers.None);
        Process[] sleepers = [Sleeper(cgroup), Sleeper(nested), Sleeper(nested)];
        cgroup.KillOneByOne();
        Assert.All(sleepers, sleeper => Assert.True(sleeper.WaitForExit(5000)));
        Assert.Equal(Errno.None, cgroup.TryRemove(timeoutMs: 5000));
    }

    [Fact]
    public void Removal_takes_nested_cgroups_along()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        Cgroup.Create(_tree, $"{_name}/a/b", CgroupControllers.None).Dispose();
        Cgroup.Create(_tree, $"{_name}/c", CgroupControllers.None).Dispose();
        Assert.Equal(Errno.None, cgroup.TryRemove(timeoutMs: 1000));
        Assert.False(Directory.Exists(cgroup.Path));
    }

    [Fact]
    public void Removal_waits_for_the_last_process()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        using Process brief = Start(cgroup, "sleep", "0.3");
        Assert.Equal(Errno.None, cgroup.TryRemove(timeoutMs: 5000));
    }

    [Fact]
    public void Cgroup_that_somebody_else_removed_has_nothing_in_it()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        Directory.Delete(cgroup.Path);
        Assert.False(cgroup.Populated);
        Assert.False(cgroup.Frozen);
        Assert.False(cgroup.Freeze(timeoutMs: 5000));
        Assert.True(cgroup.Thaw(timeoutMs: 5000));
    }

    [Fact]
    public async Task Who_waits_for_a_frozen_cgroup_hears_that_somebody_removed_it()
    {
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.None);
        using Process sleeper = Sleeper(cgroup);
        Assert.True(cgroup.Freeze(timeoutMs: 5000));
        Task<bool> wait = Task.Run(() => cgroup.WaitUntilEmpty(timeoutMs: 5000));
        Thread.Sleep(50);
        sleeper.Kill();
        Assert.True(sleeper.WaitForExit(5000));
        Assert.True(SpinWait.SpinUntil(() => Files.TryUnlinkAt(Fd.Cwd, cgroup.Path, true) == Errno.None, 5000));
        Assert.True(await wait);
    }

    [Fact]
    public void Opening_a_missing_cgroup_is_null_and_open_throws()
    {
        Assert.Null(Cgroup.TryOpen($"{_tree.Root}/{_name}"));
        LinuxException e = Assert.Throws<LinuxException>(() => Cgroup.Open($"{_tree.Root}/{_name}"));
        Assert.Equal(Errno.ENOENT, e.Errno);
    }

    [Fact]
    public void Limits_without_a_controller_are_warnings()
    {
        Assert.SkipUnless((_tree.Controllers & CgroupControllers.Containers) == CgroupControllers.None,
            "this tree has controllers");
        using Cgroup cgroup = Cgroup.Create(_tree, _name, CgroupControllers.Containers);
        IReadOnlyList<string> warnings =
            cgroup.Apply(new CgroupLimits { MemoryMaxBytes = 64 << 20, PidsMax = 100, CpuMax = new CpuMax(50_000) });
        Assert.Equal(3, warnings.Count);
        Assert.StartsWith(
            $"memory.max=67108864 cannot be enforced: {cgroup.Path} has no memory.max; the memory controller",
            warnings[0]);
        Assert.Null(cgroup.MemoryCurrentBytes);
        Assert.Null(cgroup.OomKillCount);
        Assert.Null(cgroup.PidsCurrent);
        Assert.Null(cgroup.ReadIoStat());
    }

    [Theory]
    [InlineData(CgroupControllers.memory, "memory.max", "67108864")]
    [InlineData(CgroupControllers.memory, "memory.high", "max")]
    [InlineData(CgroupControllers.memory, "memory.low", "1048576")]
    [InlineData(CgroupControllers.memory, "memory.oom.group", "1")]
    [InlineData(CgroupControllers.cpu, "cpu.max", "150000 100000")]
    [InlineData(CgroupControllers.cpu, "cpu.weight", "59")]
    [InlineData(CgroupControllers.cpuset, "cpuset.cpus", "0")]
    [InlineData(CgroupControllers.cpuset, "cpuset.mems", "0")]
    [InlineData(CgroupControllers.pids, "pids.max", "77")]
    [InlineData(CgroupControllers.io, "io.weight", "default 200")]
    public void A_limit_reads_back_from_its_file(CgroupControllers controller, string file, string expected)
    {
        Assert.SkipUnless(_tree.Controllers.HasFlag(controller), $"the cgroup v2 tree has no {controller} controller");
        using Cgroup cgroup = Cgroup.Create(_tree, $"{_name}/web", controller);
        // Kernels without the io.cost or BFQ policy have no io.weight at all.
        Assert.SkipWhen(file == "io.weight" && !File.Exists($"{cgroup.Path}/{file}"), "no io.weight policy here");
        Assert.Empty(cgroup.Apply(Limits(file)));
        Assert.Equal(expected, File.ReadAllText($"{cgroup.Path}/{file}").Trim());
    }

    [Fact]
    public void A_memory_hog_is_killed_and_counted()
    {
        Assert.SkipUnless(_tree.Controllers.HasFlag(CgroupControllers.memory),
            "the cgroup v2 tree has no memory controller");
        using Cgroup cgroup = Cgroup.Create(_tree, $"{_name}/web", CgroupControllers.memory);
        IReadOnlyList<string> warnings = cgroup.Apply(new CgroupLimits { MemoryMaxBytes = 16 << 20 });
        Assert.Empty(warnings);
        cgroup.Apply(new CgroupLimits { MemorySwapMaxBytes = 0 });
        using Process hog = Start(cgroup, "sh", "-c", "head -c 200000000 /dev/zero | tail");
        Assert.True(hog.WaitForExit(120_000));
        Assert.True(cgroup.OomKillCount >= 1);
    }

    public void Dispose()
    {
        using (Cgroup? left = Cgroup.TryOpen($"{_tree.Root}/{_name}"))
        {
            left?.Kill();
            Assert.Equal(Errno.None, left?.TryRemove(timeoutMs: 5000) ?? Errno.None);
        }
        foreach (Process process in _started) process.Dispose();
    }

    private static CgroupLimits Limits(string file) => file switch
    {
        "memory.max" => new() { MemoryMaxBytes = 64 << 20 },
        "memory.high" => new() { MemoryHighBytes = -1 },
        "memory.low" => new() { MemoryLowBytes = 1 << 20 },
        "memory.oom.group" => new() { MemoryOomGroup = true },
        "cpu.max" => new() { CpuMax = new CpuMax(150_000) },
        "cpu.weight" => new() { CpuWeight = DockerLimits.CpuWeight(512) },
        "cpuset.cpus" => new() { CpusetCpus = "0" },
        "cpuset.mems" => new() { CpusetMems = "0" },
        "pids.max" => new() { PidsMax = 77 },
        "io.weight" => new() { IoWeight = 200 },
        _ => throw new ArgumentException(file),
    };

    private Process Sleeper(Cgroup cgroup) => Start(cgroup, "sleep", "60");

    /// <summary>A shell that moves itself into the cgroup and then becomes the command.</summary>
    private Process Start(Cgroup cgroup, params string[] command)
    {
        var info = new ProcessStartInfo("sh") { RedirectStandardInput = true };
        foreach (string word in (string[])["-c", $"echo $$ > {cgroup.Path}/cgroup.procs && exec \"$@\"", "sh",
            .. command])
            info.ArgumentList.Add(word);
        Process process = Process.Start(info)!;
        _started.Add(process);
        Assert.True(SpinWait.SpinUntil(() => cgroup.Processes.Contains(process.Id) || process.HasExited, 5000));
        return process;
    }
}
