using System.Globalization;

namespace Skiff.System.Tests;

/// <summary>What the engine's own processes cost.</summary>
[Collection(Alone.Name)]
public sealed class MonitorMemoryTests(SkiffHost host)
{
    private const int Count = 10;
    private const double BudgetKiB = 1024;

    [Fact]
    public void Of_ten_idle_monitors_each_takes_a_mebibyte_at_the_most()
    {
        using var roots = new OwnRoots(host);
        for (int i = 0; i < Count; i++) roots.Run("run", "-d", host.Busybox, "sleep", "1000").Exits(0);
        double[] sizes = [];
        // What only the start needed is given back when nothing has happened for half a second.
        Wait.Until(() => (sizes = [.. roots.Monitors().Select(PssKiB)]).Average() <= BudgetKiB,
            $"{Count} monitors of {BudgetKiB} KiB in the mean", 20);
        Assert.Equal(Count, sizes.Length);
        TestContext.Current.SendDiagnosticMessage($"monitors, KiB: {string.Join(' ', sizes.Order())}");
    }

    // Each page divided by how many have it mapped, from smaps_rollup (proc(5)).
    private static double PssKiB(int pid) => double.Parse(
        File.ReadLines($"/proc/{pid}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
