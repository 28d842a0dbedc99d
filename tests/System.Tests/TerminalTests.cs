namespace Skiff.System.Tests;

/// <summary>`-it` on a real terminal, driven by util-linux's script(1).</summary>
public sealed class TerminalTests(SkiffHost host)
{
    [Fact]
    public void Terminal_has_the_size_of_ours_and_is_the_console()
    {
        var seen = OnTerminal(
            "stty rows 33 cols 111; $SKIFF run --rm -it $IMAGE sh -c 'stty size; tty; ls -l /dev/console'");
        Assert.Contains("33 111", seen);
        Assert.Contains("/dev/pts/0", seen);
        Assert.Contains("/dev/console", seen);
    }

    [Fact]
    public void A_shell_on_a_terminal_takes_typed_lines_and_echoes_them()
    {
        using var command = StartTerminal("$SKIFF run --rm -it $IMAGE sh; echo code $?");
        Wait.Until(() => command.OutSoFar.Contains('#'), "the prompt");
        command.Input.Write("echo $((20+22))\n");
        command.Input.Flush();
        Wait.Until(() => command.OutSoFar.Contains("42"), "the answer");
        command.Input.Write("exit 5\n");
        command.Input.Flush();
        var seen = command.Finish().Out;
        Assert.Contains("echo $((20+22))", seen);
        Assert.Contains("42", seen);
        Assert.Contains("code 5", seen);
    }

    [Fact]
    public void Interrupt_key_reaches_the_foreground_process_only()
    {
        string name = host.NewName();
        using var command = StartTerminal(
            $"$SKIFF run --rm -it --name {name} $IMAGE sh -c 'echo up; sleep 100; exit 7'; echo code $?");
        Wait.Until(() => command.OutSoFar.Contains("up") && host.Run("top", name).Out.Contains("sleep 100\n"),
            "the foreground process");
        command.Input.Write("\x03");
        command.Input.Flush();
        Assert.Contains("code 130", command.Finish().Out);
    }

    [Fact]
    public void Resizing_our_terminal_resizes_the_containers()
    {
        using var command = StartTerminal("tty > $FOLDER/tty; $SKIFF run --rm -it $IMAGE sh -c "
            + "'trap \"stty size; exit\" WINCH; echo up; while :; do sleep 0.05; done'");
        Wait.Until(() => command.OutSoFar.Contains("up"), "the trap");
        Command.Shell("stty -F $(tr -d '\\r\\n' < $1/tty) rows 40 cols 101", Folder).Exits(0);
        Assert.Contains("40 101", command.Finish().Out);
    }

    [Fact]
    public void Terminal_is_as_before_when_the_container_has_ended()
    {
        var seen = OnTerminal("stty -a > $FOLDER/a; $SKIFF run --rm -it $IMAGE true; stty -a > $FOLDER/b; "
            + "cmp $FOLDER/a $FOLDER/b && echo same");
        Assert.Contains("same", seen);
    }

    [Fact]
    public void Exec_gets_a_terminal_of_its_own()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var seen = OnTerminal($"stty rows 21 cols 77; $SKIFF exec -it {container.Name} sh -c 'stty size; echo $TERM'");
        Assert.Contains("21 77", seen);
        Assert.Contains("xterm", seen);
    }

    [Fact]
    public void Asking_for_a_terminal_without_one_is_one_clear_error()
    {
        // Docker: "the input device is not a TTY".
        using var command = host.Start("run", "--rm", "-it", host.Busybox, "true");
        command.Finish("").FailsClearly(1, "not a TTY");
    }

    private string Folder { get; } = host.NewFolder();

    private string OnTerminal(string script)
    {
        using var command = StartTerminal(script);
        return command.Finish().Exits(0).Out;
    }

    private Command StartTerminal(string script) => host.StartTerminal(script, Folder);
}
