using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

public class SchedulingPriorityTests
{
    // On Linux niceness belongs to the thread.
    [Fact]
    public void A_thread_steps_back()
    {
        int before = 0, after = 0;
        var thread = new Thread(() =>
        {
            before = Niceness();
            SchedulingPriority.Lower(2);
            after = Niceness();
        });
        thread.Start();
        thread.Join();
        Assert.Equal(Math.Min(before + 2, 19), after);
    }

    private static int Niceness() =>
        int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[1].Split(' ')[16]);
}
