using System.Diagnostics;
using Skiff.Interop.Processes;
using Skiff.LaunchStress;

// launch-stress [LAUNCHES [THREADS]]: the stress run, then the time of one launch beside a small and a large heap.
int launches = args.Length > 0 ? int.Parse(args[0]) : 2000;
int threads = args.Length > 1 ? int.Parse(args[1]) : 2;

var stress = LaunchStress.Run(launches, threads);
Console.WriteLine(stress.Summary);
foreach (string failure in stress.Failures) Console.WriteLine(failure);

Console.WriteLine($"small heap: clone to exec of /bin/true, median {MedianMicros(200):F0} us");
byte[][] heap = new byte[512][];
for (int i = 0; i < heap.Length; i++)
{
    heap[i] = new byte[1024 * 1024];
    heap[i].AsSpan().Fill(1);
}
Console.WriteLine($"512 MB heap: clone to exec of /bin/true, median {MedianMicros(200):F0} us");
GC.KeepAlive(heap);
return stress.Failures.Count == 0 ? 0 : 1;

static double MedianMicros(int rounds)
{
    var micros = new double[rounds];
    for (int i = 0; i < rounds; i++)
    {
        using var program = new LaunchProgram();
        program.ResetSignals();
        program.ExecVe("/bin/true", ["true"], []);
        long start = Stopwatch.GetTimestamp();
        using LaunchedProcess child = Launcher.Start(program);
        micros[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        child.PidFd.Wait();
    }
    Array.Sort(micros);
    return micros[rounds / 2];
}
