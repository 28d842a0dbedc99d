namespace Skiff.System.Tests;

/// <summary>Stdin, output and signals of clients, one and several, as docker 28 has them.</summary>
public sealed class StreamTests(SkiffHost host)
{
    private const string Echo = "while read line; do echo got $line; done; echo end";

    private const string Trap = "for s in INT TERM HUP USR1 WINCH CONT 37; do trap \"echo got $s; exit 9\" $s; done; "
        + "echo up; while :; do sleep 0.05; done";

    [Theory]
    [InlineData("run", "", "end\n")]
    [InlineData("run", "-i", "got typed\nend\n")]
    [InlineData("exec", "", "end\n")]
    [InlineData("exec", "-i", "got typed\nend\n")]
    public void Stdin_is_the_containers_only_when_asked_for(string verb, string flag, string expected)
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        string[] target = verb == "run" ? ["--rm", host.Busybox] : [container.Name];
        using var command = host.Start([verb, .. flag.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. target,
            "sh", "-c", Echo]);
        Assert.Equal(expected, command.Finish("typed\n").Exits(0).Out);
    }

    [Theory]
    [InlineData("run -t --rm $IMAGE", "tty /dev/pts/0")]
    [InlineData("run -it --rm $IMAGE", "tty /dev/pts/0")]
    [InlineData("run -i --rm $IMAGE", "tty not a tty")]
    [InlineData("run --rm $IMAGE", "tty not a tty")]
    [InlineData("exec -t $NAME", "tty /dev/pts/0")]
    [InlineData("exec -it $NAME", "tty /dev/pts/0")]
    [InlineData("exec -i $NAME", "tty /dev/pts/")]
    [InlineData("exec $NAME", "tty not a tty")]
    public void A_terminal_is_the_containers_own_and_only_when_asked_for(string command, string expected)
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        // With -i and without -t, exec hands its own terminal through.
        if (command.StartsWith("exec -i ", StringComparison.Ordinal)) expected = "tty ";
        using var shown = host.StartTerminal(
            $"NAME={container.Name}; $SKIFF {command} sh -c 'echo tty $(tty)'; echo code $?", host.NewFolder());
        var seen = shown.Finish().Out;
        Assert.Contains(expected, seen);
        Assert.Contains("code 0", seen);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public void Output_goes_on_after_the_end_of_stdin(string verb)
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        string[] target = verb == "run" ? ["--rm", "-i", host.Busybox] : ["-i", container.Name];
        using var command = host.Start([verb, .. target, "sh", "-c", "cat; sleep 0.5; echo after; exit 4"]);
        Assert.Equal("typed\nafter\n", command.Finish("typed\n").Exits(4).Out);
    }

    [Fact]
    public void Three_clients_all_see_the_output_each_may_type_and_one_that_leaves_disturbs_nobody()
    {
        using var container = host.Detached("-i", host.Busybox, "sh", "-c", Echo);
        var clients = Enumerable.Range(0, 3).Select(_ => host.Start("attach", container.Name)).ToList();
        WaitForAttached(container, 3);
        Type(clients[0], "one");
        container.WaitForLog("got one");
        Type(clients[2], "two");
        Wait.Until(() => clients.TrueForAll(client => client.OutSoFar == "got one\ngot two\n"), "all see both");
        // Its stdin ends: the container's, which was made for nobody in particular, does not.
        clients[0].Input.Close();
        clients[2].Kill();
        Thread.Sleep(300);
        Type(clients[1], "three");
        container.WaitForLog("got three");
        host.Run("kill", container.Name).Exits(0);
        Assert.Equal("got one\ngot two\ngot three\n", clients[0].Finish().Exits(137).Out);
        Assert.Equal("got one\ngot two\ngot three\n", clients[1].Finish().Exits(137).Out);
        Assert.Equal("got one\ngot two\n", clients[2].Finish().Out);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public void Stdin_of_a_foreground_run_ends_with_any_client_that_has_no_more()
    {
        var name = host.NewName();
        using var run = host.Start("run", "--rm", "-i", "--name", name, host.Busybox, "sh", "-c", Echo);
        Type(run, "one");
        Wait.Until(() => host.Run("logs", name).Out.Contains("got one"), "the first line");
        Assert.Equal("true", host.Run("inspect", "-f", "{{.Config.StdinOnce}}", name).Text());
        using var second = host.Start("attach", name);
        Assert.Equal("got two\nend\n", second.Finish("two\n").Exits(0).Out);
        Assert.Equal("got one\ngot two\nend\n", run.Finish().Exits(0).Out);
    }

    [Fact]
    public void Attach_takes_no_input_when_told_so()
    {
        using var container = host.Detached("-i", host.Busybox, "sh", "-c", Echo);
        using var command = host.Start("attach", "--no-stdin", container.Name);
        WaitForAttached(container, 1);
        Type(command, "lost");
        Thread.Sleep(300);
        host.Run("kill", container.Name).Exits(0);
        Assert.Equal("", command.Finish().Exits(137).Out);
    }

    [Fact]
    public void Attach_to_a_terminal_needs_one()
    {
        using var container = host.Detached("-it", host.Busybox, "sh");
        host.Run("attach", container.Name).FailsClearly(1, "the input device is not a TTY");
        using var command = host.Start("attach", "--no-stdin", container.Name);
        WaitForAttached(container, 1);
        host.Run("kill", container.Name).Exits(0);
        command.Finish().Exits(137);
    }

    [Theory]
    [InlineData("INT", "INT")]
    [InlineData("TERM", "TERM")]
    [InlineData("HUP", "HUP")]
    [InlineData("USR1", "USR1")]
    [InlineData("WINCH", "WINCH")]
    [InlineData("CONT", "CONT")]
    [InlineData("37", "37")]
    public void Signals_of_the_client_are_the_containers_unless_told_otherwise(string signal, string seen)
    {
        var name = host.NewName();
        using var run = host.Start("run", "--name", name, host.Busybox, "sh", "-c", Trap);
        using var container = new Container(host, name, "");
        Wait.Until(() => host.Run("logs", name).Out.Contains("up"), "the container is up");
        Command.Run("kill", $"-{signal}", $"{run.Pid}").Exits(0);
        Assert.Equal($"up\ngot {seen}\n", run.Finish().Exits(9).Out);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("attach")]
    public void Without_sig_proxy_the_third_signal_ends_the_client_and_the_container_goes_on(string verb)
    {
        var name = host.NewName();
        string[] run = ["--name", name, host.Busybox, "sh", "-c", Trap];
        if (verb == "attach") host.Run(["run", "-d", .. run]).Exits(0);
        using var client = host.Start(verb == "attach" ? ["attach", "--sig-proxy=false", name]
            : ["run", "--sig-proxy=false", .. run]);
        using var container = new Container(host, name, "");
        Wait.Until(() => host.Run("logs", name).Out.Contains("up"), "the container is up");
        if (verb == "attach") WaitForAttached(container, 1);
        foreach (string signal in (string[])["-TERM", "-INT", "-TERM"])
        {
            // It has taken the one before.
            client.WaitUntilIdle();
            Assert.False(client.HasExited, signal);
            Command.Run("kill", signal, $"{client.Pid}").Exits(0);
        }
        Assert.Contains("got 3 SIGTERM/SIGINTs, forcefully exiting", client.Finish().Exits(1).Error);
        Assert.Equal("running", container.Get("State.Status"));
        Assert.Equal("up\n", host.Run("logs", name).Out);
    }

    [Fact]
    public void Attach_and_start_pass_signals_on()
    {
        var name = host.NewName();
        using var container =
            new Container(host, name, host.Run("create", "--name", name, host.Busybox, "sh", "-c", Trap).Text());
        using var start = host.Start("start", "-a", name);
        container.WaitForLog("up");
        using var attach = host.Start("attach", "--sig-proxy", name);
        WaitForAttached(container, 1);
        Command.Run("kill", "-USR1", $"{attach.Pid}").Exits(0);
        Assert.Equal("got USR1\n", attach.Finish().Exits(9).Out);
        Assert.Equal("up\ngot USR1\n", start.Finish().Exits(9).Out);
        using var again = host.Start("start", "--attach", name);
        Wait.Until(() => host.Run("logs", "--tail", "1", name).Out == "up\n", "the second run");
        Command.Run("kill", "-TERM", $"{again.Pid}").Exits(0);
        Assert.Equal("up\ngot TERM\n", again.Finish().Exits(9).Out);
    }

    private void WaitForAttached(Container container, int count) => Wait.Until(
        () => host.Run("events", "--since", "0", "--until", "0s", "--filter", "event=attach", "--filter",
            $"container={container.Name}").Out.Split('\n').Length - 1 >= count, $"{count} attached clients");

    private static void Type(Command command, string line)
    {
        command.Input.Write(line + "\n");
        command.Input.Flush();
    }
}
