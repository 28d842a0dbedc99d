namespace Skiff.System.Tests;

/// <summary>Messages to the kernel's network that fail, one after the other (tests/faults/sends.c).</summary>
[Collection(Alone.Name)]
public sealed class NetworkFaultTests(SkiffHost host)
{
    [Fact]
    public void A_start_leaves_nothing_whichever_of_its_messages_fails()
    {
        using var roots = new OwnRoots(host);
        roots.Run("pull", "-q", host.Busybox).Exits(0);
        roots.Run("network", "create", "--ipv6", "blue").Exits(0);
        string[] run = ["run", "--rm", "--network", "blue", "-p", "8080:80", "-p", "53:53/udp", host.Busybox, "true"];
        roots.Run(run).Exits(0);
        var before = new SoakState(roots);
        int failed = 0;
        for (int number = 1; ; number++)
        {
            (CommandResult result, int messages) = RunWithFault(roots, number, run);
            if (number > messages) break;
            if (result.ExitCode != 0)
            {
                failed++;
                Assert.Equal(125, result.ExitCode);
                Assert.Contains("ENOBUFS", result.Error);
                Assert.DoesNotContain("Unhandled", result.Error);
            }
            List<string> left = [];
            DateTime end = DateTime.UtcNow.AddSeconds(10);
            do
            {
                roots.Run("ps", "-a").Exits(0);
                // Groups are those of all tests.
                left = new SoakState(roots).LeftSince(before).FindAll(thing => !thing.StartsWith("control"));
                if (left.Count > 0) Thread.Sleep(200);
            } while (left.Count > 0 && DateTime.UtcNow < end);
            Assert.True(left.Count == 0, $"message {number} of {messages} leaves {string.Join("; ", left)}\n{result}");
        }
        Assert.True(failed >= 5, $"only {failed} starts failed");
        roots.Run(run).Exits(0);
    }

    private (CommandResult Result, int Messages) RunWithFault(OwnRoots roots, int number, string[] arguments)
    {
        string report = Path.Combine(roots.Folder, "report");
        using Command command = Command.Start(host.Sends, [report, $"{number}", host.Binary, "--root",
            Path.Combine(roots.Folder, "root"), "--run-root", Path.Combine(roots.Folder, "run"), .. arguments],
            roots.Variables);
        CommandResult result = command.Finish();
        return (result, int.Parse(File.ReadAllText(report)));
    }
}
