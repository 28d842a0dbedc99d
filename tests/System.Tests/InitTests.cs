namespace Skiff.System.Tests;

/// <summary><c>--init</c>: the engine's own first process.</summary>
public sealed class InitTests(SkiffHost host)
{
    [Theory]
    [InlineData(true, "0")]
    [InlineData(false, "1")]
    public void Orphans_are_reaped_by_it_alone(bool init, string zombies)
    {
        using var container = host.Detached([.. init ? ["--init"] : (string[])[], host.Busybox, "sh", "-c",
            "(sh -c 'sleep 0.1; touch /ended' &) ; exec sleep 1000"]);
        Wait.Until(() => container.Exec("ls /ended").ExitCode == 0, "the orphan's end");
        Wait.Until(() => container.Exec("ps -o stat | grep -c ^Z").Out.Trim() == zombies, $"{zombies} zombies");
    }

    [Fact]
    public void A_program_that_handles_no_signal_ends_at_once()
    {
        using var container = host.Detached("--init", "--stop-timeout", "60", host.Busybox, "sleep", "1000");
        // Without a time: SIGKILL would give another exit code.
        host.Run("stop", container.Name).Exits(0);
        Assert.Equal("143", container.Get("State.ExitCode"));
        Assert.Equal("true", container.Get("HostConfig.Init"), ignoreCase: true);
    }

    [Fact]
    public void Signals_reach_the_program()
    {
        using var container = host.Detached("--init", host.Busybox, "sh", "-c",
            "trap 'echo hup' HUP; trap 'exit 8' USR1; echo up; while :; do sleep 0.05; done");
        container.WaitForLog("up");
        host.Run("kill", "-s", "HUP", container.Name).Exits(0);
        container.WaitForLog("hup");
        host.Run("kill", "-s", "USR1", container.Name).Exits(0);
        Wait.Until(() => container.Get("State.ExitCode") == "8", "the program's own exit code");
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -TERM $$", 143)]
    public void The_end_is_that_of_the_program(string script, int exitCode) =>
        host.Run("run", "--rm", "--init", host.Busybox, "sh", "-c", script).Exits(exitCode);

    [Theory]
    [InlineData("nothing-of-that-name", 127)]
    [InlineData("/bin/nothing", 127)]
    [InlineData("/etc", 126)]
    public void A_program_that_cannot_be_executed_is_named(string program, int exitCode)
    {
        CommandResult result = host.Run("run", "--rm", "--init", host.Busybox, program).Exits(exitCode);
        Assert.Contains($"init: {program} cannot be executed", result.Error);
    }

    [Fact]
    public void It_runs_as_the_containers_user_with_its_environment() => Assert.Equal("1000 there sh",
        host.Run("run", "--rm", "--init", "-u", "1000", "-e", "A=there", host.Busybox, "sh", "-c",
            "echo $(id -u) $A $0").Text());
}
