using BenchmarkDotNet.Attributes;
using Skiff.Interop.Processes;
using Skiff.Interop.Seccomp;

namespace Skiff.Layers.Bench;

/// <summary>What every container start pays for its filter.</summary>
[MemoryDiagnoser]
public class SeccompBenchmarks
{
    private static readonly SeccompTarget s_target = SeccompTarget.ForHost(Capabilities.Default.Bits);

    /// <summary>The default profile, compiled to BPF.</summary>
    [Benchmark]
    public SeccompFilter CompileDefault() => DefaultProfile.Compile(s_target);
}
