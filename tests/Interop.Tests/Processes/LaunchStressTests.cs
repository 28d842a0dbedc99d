using System.Diagnostics;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

[Collection(LaunchCollection.Name)]
public class LaunchStressTests(ITestOutputHelper output)
{
    [Fact]
    public void Two_thousand_launches_under_collections_fail_never_and_leave_nothing()
    {
        var stress = LaunchStress.LaunchStress.Run(launches: 2000, threads: 2);
        output.WriteLine(stress.Summary);
        Assert.True(stress.Failures.Count == 0, string.Join('\n', stress.Failures));
    }

    [Fact]
    public void A_launch_costs_the_same_beside_a_large_heap()
    {
        MedianMicros();
        double small = MedianMicros();
        var heap = new byte[256][];
        for (int i = 0; i < heap.Length; i++)
        {
            heap[i] = new byte[1024 * 1024];
            heap[i].AsSpan().Fill(1);
        }
        double large = MedianMicros();
        GC.KeepAlive(heap);
        output.WriteLine($"median {small:F0} us, beside 256 MB {large:F0} us");
        // Copying the page tables, as fork(2) does, takes some 35 ms for that heap.
        Assert.InRange(large, 0, small * 4 + 3000);
    }

    private static double MedianMicros()
    {
        var micros = new double[51];
        for (int i = 0; i < micros.Length; i++)
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
        return micros[micros.Length / 2];
    }
}
