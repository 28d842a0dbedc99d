using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Skiff.Layers.Bench;

// In this process: a generated project would need the repository's build policy once more, and launches need root.
var job = Job.ShortRun.WithToolchain(new InProcessEmitToolchain(new()));
var config = DefaultConfig.Instance.AddJob(job).AddColumn(new ThroughputColumn());
var summaries = BenchmarkSwitcher.FromAssembly(typeof(TarBenchmarks).Assembly).Run(args, config);
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(r => !r.Success)) ? 1 : 0;
