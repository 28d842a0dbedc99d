using System.Globalization;

namespace Skiff.System.Tests;

/// <summary>
/// The memory of a process over a long time: its own, since the pages of the binary are shared with the other processes
/// of the engine, whose number changes all the time. What counts is where the medians of longer parts go.
/// </summary>
public sealed class SoakMemory(string name)
{
    private const int Parts = 10;

    private readonly List<double> _samples = [];

    /// <summary>Takes a sample; a process that has just ended has none.</summary>
    public void Look(int pid)
    {
        if (Anonymous(pid) is { } now) _samples.Add(now);
    }

    /// <summary>How much it grows from the second part to the last by the line that fits best, in MiB.</summary>
    public double Growth()
    {
        double[] medians = Medians()[1..];
        double middle = (medians.Length - 1) / 2.0, mean = medians.Average(), covariance = 0, variance = 0;
        for (int i = 0; i < medians.Length; i++)
        {
            covariance += (i - middle) * (medians[i] - mean);
            variance += (i - middle) * (i - middle);
        }
        return covariance / variance * (medians.Length - 1);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{name}: {_samples.Count} samples, MiB "
        + $"{string.Join(' ', Medians().Select(m => m.ToString("F2", CultureInfo.InvariantCulture)))}"
        + $", growth {Growth().ToString("F2", CultureInfo.InvariantCulture)}";

    /// <summary>Fails when it grows by more than this.</summary>
    public void AssertFlat(double growthMiB) => Assert.True(Growth() < growthMiB, $"grows: {this}");

    private double[] Medians()
    {
        Assert.True(_samples.Count >= Parts, $"{name}: only {_samples.Count} samples of its memory");
        return [.. Enumerable.Range(0, Parts).Select(part =>
        {
            int from = part * _samples.Count / Parts, to = (part + 1) * _samples.Count / Parts;
            return _samples[from..to].Order().ElementAt((to - from) / 2);
        })];
    }

    // From smaps_rollup (proc(5)).
    private static double? Anonymous(int pid)
    {
        try
        {
            string line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(text => text.StartsWith("Anonymous:",
                StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
