using BenchmarkDotNet.Attributes;
using Skiff.Interop.Processes;

namespace Skiff.Layers.Bench;

/// <summary>Starting a process by a launch program, beside the platform's own way.</summary>
[MemoryDiagnoser]
public class LaunchBenchmarks
{
    private byte[] _ballast = [];

    /// <summary>Memory that this process holds meanwhile: a vforked child must not pay for it.</summary>
    [Params(1, 256)]
    public int HeapMegabytes { get; set; }

    /// <summary>Touches the heap, so that it is really there.</summary>
    [GlobalSetup]
    public void Fill()
    {
        _ballast = GC.AllocateUninitializedArray<byte>(HeapMegabytes << 20, pinned: true);
        Array.Fill(_ballast, (byte)1);
    }

    /// <summary>clone3, one step, exit and wait: what the launcher itself costs.</summary>
    [Benchmark]
    public int Exit()
    {
        using var program = new LaunchProgram();
        program.Exit();
        using var child = Launcher.Start(program);
        return child.PidFd.Wait().Code;
    }

    /// <summary>/bin/true in new namespaces.</summary>
    [Benchmark]
    public int TrueInNamespaces()
    {
        using var program = new LaunchProgram();
        program.ExecVe("/bin/true", ["true"], []);
        var options = new LaunchOptions
        {
            Namespaces = CloneFlags.CLONE_NEWNS | CloneFlags.CLONE_NEWPID | CloneFlags.CLONE_NEWUTS
                | CloneFlags.CLONE_NEWIPC,
        };
        using var child = Launcher.Start(program, options);
        return child.PidFd.Wait().Code;
    }

    /// <summary>System.Diagnostics.Process: /bin/true without namespaces.</summary>
    [Benchmark(Baseline = true)]
    public int PlatformProcess()
    {
        using var process = System.Diagnostics.Process.Start("/bin/true");
        process.WaitForExit();
        return process.ExitCode;
    }
}
