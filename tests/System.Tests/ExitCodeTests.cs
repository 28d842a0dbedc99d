namespace Skiff.System.Tests;

/// <summary>Exit codes of run, exec and start as docker 28 gives them; each row was compared with it.</summary>
public sealed class ExitCodeTests(SkiffHost host)
{
    [Theory]
    [InlineData("sh -c 'exit 3'", 3)]
    [InlineData("sh -c 'exit 255'", 255)]
    [InlineData("no-such", 127)]
    [InlineData("/no/such", 127)]
    [InlineData("/etc", 126)]
    [InlineData("/etc/passwd", 126)]
    [InlineData("true", 125, "-w", "/etc/passwd")]
    [InlineData("true", 125, "-u", "nobodyhere")]
    [InlineData("true", 125, "--nope")]
    [InlineData("sh -c 'kill -6 $$'", 134, "--init")]
    [InlineData("sh -c 'kill -9 $$'", 0)] // The kernel protects the first process of a namespace from itself.
    public void Of_run_and_its_command(string command, int code, params string[] flags) =>
        Shell(["run", "--rm", .. flags, host.Busybox], command).Exits(code);

    [Theory]
    [InlineData("sh -c 'exit 3'", 3)]
    [InlineData("no-such", 127)]
    [InlineData("/etc", 126)]
    [InlineData("/etc/passwd", 126)]
    [InlineData("sh -c 'kill -9 $$'", 137)]
    [InlineData("sh -c 'kill -15 $$'", 143)]
    [InlineData("true", 127, "-w", "/nowhere")]
    [InlineData("true", 127, "-w", "/etc/passwd")]
    [InlineData("true", 1, "-u", "nobodyhere")]
    [InlineData("true", 125, "--nope")]
    [InlineData("no-such", 1, "-d")]
    public void Of_exec_and_its_command(string command, int code, params string[] flags)
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        Shell(["exec", .. flags, container.Name], command).Exits(code);
    }

    [Fact]
    public void Exec_in_a_paused_container_is_refused_where_the_kernel_can_pause()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        if (host.Run("pause", container.Name).ExitCode != 0) return;
        host.Run("exec", container.Name, "true").FailsClearly(1, "is paused");
        host.Run("unpause", container.Name).Exits(0);
    }

    [Theory]
    [InlineData("sh -c 'exit 4'", "", 0)]
    [InlineData("sh -c 'exit 4'", "-a", 4)]
    [InlineData("sh -c 'exit 4'", "-i", 4)]
    [InlineData("no-such", "", 1)]
    [InlineData("no-such", "-a", 1)]
    public void Of_start_and_of_the_container_when_attached(string command, string flag, int code)
    {
        var name = host.NewName();
        Shell(["create", "--name", name, host.Busybox], command).Exits(0);
        using var container = new Container(host, name, "");
        host.Run(["start", .. flag.Split(' ', StringSplitOptions.RemoveEmptyEntries), name]).Exits(code);
    }

    private CommandResult Shell(string[] arguments, string command) => Command.Shell(
        $"exec \"$SKIFF\" \"$@\" {command} < /dev/null", host.Variables(), arguments);
}
