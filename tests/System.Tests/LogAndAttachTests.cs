namespace Skiff.System.Tests;

/// <summary>`logs` and `attach`: what the monitor kept and what it passes on.</summary>
public sealed class LogAndAttachTests(SkiffHost host)
{
    [Fact]
    public void Logs_are_there_after_the_exit_and_keep_the_streams_apart()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "echo one; echo two; echo bad >&2");
        container.WaitFor("exited");
        var logs = host.Run("logs", container.Name).Exits(0);
        Assert.Equal("one\ntwo\n", logs.Out);
        Assert.Equal("bad\n", logs.Error);
    }

    [Fact]
    public void Logs_can_be_cut_and_stamped()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "seq 1 100");
        container.WaitFor("exited");
        Assert.Equal("99\n100", host.Run("logs", "--tail", "2", container.Name).Text());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 100$",
            host.Run("logs", "-t", "--tail", "1", container.Name).Text());
    }

    [Fact]
    public void Following_logs_ends_with_the_container()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.2; done");
        Assert.Equal("1\n2\n3", host.Run("logs", "-f", container.Name).Text());
    }

    [Fact]
    public void A_line_without_its_end_and_a_very_long_line_are_kept_whole()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c",
            "head -c 100000 /dev/zero | tr '\\0' x; echo; printf partial");
        container.WaitFor("exited");
        Assert.Equal(new string('x', 100000) + "\npartial", host.Run("logs", container.Name).Exits(0).Out);
    }

    [Fact]
    public void Foreground_output_is_logged_too()
    {
        var name = host.NewName();
        host.Run("run", "--name", name, host.Busybox, "echo", "kept").Exits(0);
        using var container = new Container(host, name, "");
        Assert.Equal("kept", host.Run("logs", name).Text());
    }

    [Fact]
    public void Attach_shows_output_from_now_on_and_returns_the_exit_code()
    {
        using var container = host.Detached("-i", host.Busybox, "sh", "-c", "read line; echo got $line; exit 21");
        using var command = host.Start("attach", container.Name);
        command.Input.WriteLine("hello");
        command.Input.Flush();
        Assert.Equal("got hello\n", command.Finish().Exits(21).Out);
    }

    [Fact]
    public void Attach_to_a_stopped_container_is_one_clear_error()
    {
        using var container = host.Detached(host.Busybox, "true");
        container.WaitFor("exited");
        host.Run("attach", container.Name).FailsClearly(1, "stopped");
    }
}
