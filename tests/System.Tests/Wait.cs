using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>Bounded waiting for something that has no event to wait for.</summary>
public static class Wait
{
    /// <summary>Asks until the condition holds; fails after the limit (30 s) naming what was waited for.</summary>
    public static void Until(Func<bool> condition, string what, double limitSeconds = 30) =>
        Until(condition, () => what, limitSeconds);

    /// <summary>Waits until a process has asked for the end of all its children that have ended (state Z).</summary>
    public static void UntilReaped(int parent) => Until(
        () => !Command.Shell($"ps -o stat= --ppid {parent}").Out.Contains('Z'), $"children of {parent} are reaped");

    /// <summary>The same; what was waited for is asked for in the end, and may say what there was instead.</summary>
    public static void Until(Func<bool> condition, Func<string> what, double limitSeconds)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed.TotalSeconds > limitSeconds)
                Assert.Fail($"waited {limitSeconds} s in vain: {what()}");
            Thread.Sleep(20);
        }
    }
}
