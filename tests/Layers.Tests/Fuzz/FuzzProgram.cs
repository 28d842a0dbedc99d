using System.Diagnostics;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// <c>make fuzz</c>: runs every target, or one, and says how many cases ran. A case that fails leaves its input in a
/// file, and how to repeat it is printed.
/// </summary>
internal sealed class FuzzProgram(FuzzOptions options, FuzzTarget target)
{
    private const int HangSeconds = 60;
    private const long MaxResidentBytes = 1L << 30;

    private readonly FuzzRun _run = new(target, options.Seed);

    /// <summary>The exit code: 0, 1 after a failure, 2 for options that make no sense.</summary>
    internal static int Run(string[] arguments)
    {
        if (FuzzOptions.TryParse(arguments) is not { } options)
        {
            Console.Error.WriteLine(FuzzOptions.Usage);
            return 2;
        }
        Func<FuzzTarget>[] targets = [.. FuzzTargets.All
            .Where(row => options.Target is null || options.Target == row.Name).Select(row => row.Open)];
        TimeSpan time = options.Runs is null
            ? TimeSpan.FromSeconds((double)options.TimeSeconds / targets.Length) : TimeSpan.MaxValue;
        // Every target has its turn, also after another's failure.
        return targets.Count(open => !RunTarget(options, open, time)) == 0 ? 0 : 1;
    }

    private static bool RunTarget(FuzzOptions options, Func<FuzzTarget> open, TimeSpan time)
    {
        using FuzzTarget target = open();
        return new FuzzProgram(options, target).Run(time);
    }

    private bool Run(TimeSpan time)
    {
        int count = options.Case is null ? options.Runs ?? int.MaxValue : 1;
        Console.WriteLine($"fuzz: {target.Name}: seed {options.Seed}, "
            + (time == TimeSpan.MaxValue ? $"{count} cases" : $"{time.TotalSeconds:0.#} s"));
        using var watch = new Timer(Watch(), null, 1000, 1000);
        long start = Stopwatch.GetTimestamp();
        string result = "passed";
        try
        {
            _run.Run(options.Case ?? 0, count, time);
        }
        catch (FuzzException e)
        {
            result = "FAILED";
            Save(e.Message);
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine($"fuzz: {target.Name}: {_run.Count} cases in {seconds:0.0} s, "
            + $"{Environment.WorkingSet >> 20} MiB resident: {result}");
        return result == "passed";
    }

    /// <summary>Ends the program when one case takes too long, or too much memory.</summary>
    private TimerCallback Watch()
    {
        int last = -1, seconds = 0;
        return _ =>
        {
            (last, seconds) = (_run.Case, _run.Case == last ? seconds + 1 : 0);
            long resident = Environment.WorkingSet;
            if (seconds < HangSeconds && resident <= MaxResidentBytes) return;
            Save($"{target.Name}, case {last} has run for {seconds} s, and {resident >> 20} MiB are resident");
            Environment.Exit(1);
        };
    }

    private void Save(string failure)
    {
        Directory.CreateDirectory(options.Output);
        string path = Path.Combine(options.Output, $"{target.Name}-{options.Seed}-{_run.Case}.bin");
        File.WriteAllBytes(path, _run.Input);
        Console.WriteLine($"fuzz: {failure}");
        Console.WriteLine($"fuzz: the input is in {path}; to repeat it: "
            + $"make fuzz TARGET={target.Name} SEED={options.Seed} CASE={_run.Case}");
    }
}
