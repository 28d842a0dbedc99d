using System.Diagnostics;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.LaunchStress;

/// <summary>
/// Launches /bin/true into new namespaces and cgroups from several threads while others allocate and collect, and
/// counts what is left behind. Shared by the tests and by a program that is published ahead of time.
/// </summary>
public sealed class LaunchStress
{
    private const CloneFlags Namespaces = CloneFlags.CLONE_NEWNS | CloneFlags.CLONE_NEWPID | CloneFlags.CLONE_NEWUTS
        | CloneFlags.CLONE_NEWIPC | CloneFlags.CLONE_NEWNET;

    private readonly int _launches;
    private readonly int _threads;
    private readonly List<string> _failures = [];
    private readonly List<double> _micros = [];
    private int _next;
    private volatile bool _done;

    private LaunchStress(int launches, int threads) => (_launches, _threads) = (launches, threads);

    /// <summary>What went wrong; empty when nothing did.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>One line of figures.</summary>
    public string Summary { get; private set; } = "";

    /// <summary>Runs <paramref name="launches"/> launches from <paramref name="threads"/> threads.</summary>
    public static LaunchStress Run(int launches, int threads)
    {
        var stress = new LaunchStress(launches, threads);
        Leftovers before = Leftovers.Count();
        stress.RunAll();
        stress.Compare(before);
        return stress;
    }

    private void RunAll()
    {
        CgroupHierarchy hierarchy = CgroupHierarchy.Detect();
        Thread[] noise = [Started(Allocate), Started(Allocate), Started(Collect)];
        long start = Stopwatch.GetTimestamp();
        var workers = new Thread[_threads];
        for (int i = 0; i < workers.Length; i++)
        {
            string name = $"skiff-stress-{Environment.ProcessId}-{i}";
            workers[i] = Started(() => Work(hierarchy, name));
        }
        foreach (Thread worker in workers) worker.Join();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _done = true;
        foreach (Thread thread in noise) thread.Join();
        _micros.Sort();
        Summary = $"{_launches} launches in {seconds:F1} s ({_launches / seconds:F0}/s), "
            + $"clone to exec median {At(0.5):F0} us, 99 % {At(0.99):F0} us; "
            + $"{GC.CollectionCount(0)} collections, {GC.CollectionCount(2)} of them full";
    }

    private double At(double share) => _micros.Count == 0 ? 0 : _micros[(int)(share * (_micros.Count - 1))];

    private void Work(CgroupHierarchy hierarchy, string cgroup)
    {
        while (Interlocked.Increment(ref _next) <= _launches)
            try
            {
                Launch(hierarchy, cgroup);
            }
            catch (Exception error)
            {
                Fail(error.ToString());
            }
    }

    private void Launch(CgroupHierarchy hierarchy, string name)
    {
        using Cgroup cgroup = Cgroup.Create(hierarchy, name, CgroupControllers.None);
        try
        {
            using LaunchProgram program = Build();
            var options = new LaunchOptions { Namespaces = Namespaces, Cgroup = cgroup.Directory, ShareFiles = true };
            long start = Stopwatch.GetTimestamp();
            using LaunchedProcess child = Launcher.Start(program, options);
            double micros = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            ExitStatus status = child.PidFd.Wait();
            if (status != default) Fail($"pid {child.Pid}: {status}");
            lock (_micros) _micros.Add(micros);
        }
        finally
        {
            Errno errno = cgroup.TryRemove(1000);
            if (errno != Errno.None) Fail($"rmdir {cgroup.Path}: {errno}");
        }
    }

    private static LaunchProgram Build()
    {
        var program = new LaunchProgram();
        program.Mount("none", "/", null, MountConstants.MS_REC | MountConstants.MS_PRIVATE);
        LaunchStep context = program.FsOpen("tmpfs");
        program.FsConfigString(context, "mode", "0755");
        program.FsConfigCreate(context, "tmpfs");
        LaunchStep mount = program.FsMount(context, MountConstants.MOUNT_ATTR_NOSUID);
        program.MoveMount(mount, Fd.Cwd, "/mnt");
        program.MkdirAt(mount, "proc", 0x16D);
        program.Mount("proc", "/mnt/proc", "proc", 0);
        program.Umount2("/mnt/proc", MountConstants.MNT_DETACH);
        program.SetHostname("stress");
        program.CloseRange(3, onExec: true);
        program.ResetSignals();
        program.ExecVe("/bin/true", ["true"], ["PATH=/bin"]);
        return program;
    }

    private void Allocate()
    {
        var random = new Random(Environment.CurrentManagedThreadId);
        var live = new object[4096];
        while (!_done)
            live[random.Next(live.Length)] = random.Next(1000) == 0 ? new byte[200_000] : new int[random.Next(500)];
    }

    private void Collect()
    {
        while (!_done)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            Thread.Sleep(1);
        }
    }

    private void Compare(Leftovers before)
    {
        // The kernel closes what a process held a little after its end is told.
        long start = Stopwatch.GetTimestamp();
        Leftovers after = Leftovers.Count();
        while (after.Exceeds(before) && Stopwatch.GetElapsedTime(start).TotalSeconds < 15)
        {
            Thread.Sleep(100);
            after = Leftovers.Count();
        }
        if (after.Exceeds(before)) Fail($"left behind: {before} before, {after} after");
    }

    private void Fail(string text)
    {
        lock (_failures) _failures.Add(text);
    }

    private static Thread Started(Action body)
    {
        var thread = new Thread(() => body()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
