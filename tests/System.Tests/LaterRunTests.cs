namespace Skiff.System.Tests;

/// <summary>
/// A container is ended and started again by somebody while another verb, which meant the run before, has lost its
/// monitor.
/// </summary>
public sealed class LaterRunTests(SkiffHost host)
{
    [Theory]
    [InlineData("stop", "-t", "10")]
    [InlineData("kill")]
    public void What_was_said_about_a_run_is_not_repeated_to_a_later_one(params string[] verb)
    {
        using var container = host.Detached("--restart", "on-failure", host.Busybox, "sh", "-c",
            "trap 'echo term' TERM; echo up; until [ -e /fail ]; do sleep 0.05; done; exit 3");
        container.WaitForLog("up");
        int monitor = container.Monitor;
        Command.Shell($"kill -STOP {monitor}").Exits(0);
        using Command client = host.Start([.. verb, container.Name]);
        Wait.Until(() => IsConnected(client.Pid), "the client's connection");
        client.WaitUntilIdle(); // It has said all, and waits for a monitor that does not listen.
        Command.Shell($"kill -STOP {client.Pid}; kill -9 {monitor}").Exits(0);
        host.Run("kill", container.Name).Exits(0);
        host.Run("start", container.Name).Exits(0);
        int later = container.Pid;
        Command.Shell($"kill -CONT {client.Pid}").Exits(0);
        client.Finish().Exits(0);
        Assert.Equal("running", container.Get("State.Status"));
        Assert.Equal(later, container.Pid);
        Assert.DoesNotContain("term", host.Run("logs", container.Name).Text());
        // Nor has its policy been told that somebody wants it stopped.
        container.Exec("touch /fail").Exits(0);
        Wait.Until(() => container.Get("RestartCount") is not "0", "the policy starts it again");
    }

    private static bool IsConnected(int pid) =>
        Command.Shell($"readlink /proc/{pid}/fd/* | grep -q ^socket:").ExitCode == 0;
}
