namespace Skiff.System.Tests;

/// <summary>Who may die without harming a container.</summary>
public sealed class MonitorTests(SkiffHost host)
{
    [Fact]
    public void Killing_the_client_harms_no_container()
    {
        var name = host.NewName();
        using var client = host.Start("run", "--name", name, host.Busybox, "sh", "-c",
            "i=0; while :; do echo line $i; i=$((i+1)); sleep 0.1; done");
        using var container = new Container(host, name, "");
        Wait.Until(() => host.Run("logs", name).Out.Contains("line 2"), "the first lines");
        Command.Shell($"kill -9 {client.Pid}").Exits(0);
        var seen = host.Run("logs", name).Lines.Length;
        Wait.Until(() => host.Run("logs", name).Lines.Length > seen + 5, "more lines after the client's death");
        Assert.Equal("running", container.Get("State.Status"));
        Assert.Equal("fine", container.Exec("echo fine").Text());
        host.Run("stop", "-t", "0", name).Exits(0);
        Assert.Equal("exited", container.Get("State.Status"));
    }

    [Fact]
    public void The_binary_cannot_be_written_through_the_monitor()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var monitor = Command.Shell($"sed -n 's/^PPid:\\t//p' /proc/{container.Pid}/status").Text();
        var result = Command.Shell($"exec 3>>/proc/{monitor}/exe");
        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact]
    public void Exit_is_recorded_though_nobody_waits()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "sleep 0.3; exit 17");
        container.WaitFor("exited");
        Assert.Equal("17", container.Get("State.ExitCode"));
        Assert.StartsWith("20", container.Get("State.FinishedAt"));
    }
}
