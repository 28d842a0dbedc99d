namespace Skiff.System.Tests;

/// <summary>Verbs on containers in a state that they do not fit, or that changes while they look.</summary>
public sealed class BadStateTests(SkiffHost host)
{
    private const int Ok = 0;

    // (verb and its arguments; exit code and words) for a container that is paused, one that has ended, and one that
    // was created and never started. NAME stands for the container.
    public static TheoryData<string, int, string, int, string, int, string> Rows => new()
    {
        { "attach NAME", 1, "attach to a paused container", 1, "to a stopped container", 1, "to a stopped container" },
        { "commit NAME", Ok, "", Ok, "", Ok, "" },
        { "cp NAME:/etc/passwd -", Ok, "", Ok, "", Ok, "" },
        { "diff NAME", Ok, "", Ok, "", Ok, "" },
        { "exec NAME true", 1, "is paused", 1, "is not running", 1, "is not running" },
        { "export -o /dev/null NAME", Ok, "", Ok, "", Ok, "" },
        { "inspect NAME", Ok, "", Ok, "", Ok, "" },
        { "kill -s USR1 NAME", Ok, "", 1, "is not running", 1, "is not running" },
        { "logs NAME", Ok, "", Ok, "", Ok, "" },
        { "pause NAME", 1, "is already paused", 1, "is not running", 1, "is not running" },
        { "port NAME", Ok, "", Ok, "", Ok, "" },
        { "rm NAME", 1, "container is paused: stop the container", Ok, "", Ok, "" },
        { "rename NAME NAME-new", Ok, "", Ok, "", Ok, "" },
        { "restart -t 0 NAME", Ok, "", Ok, "", Ok, "" },
        { "start NAME", 1, "cannot start a paused container", Ok, "", Ok, "" },
        { "stats --no-stream NAME", Ok, "", Ok, "", Ok, "" },
        { "stop -t 0 NAME", Ok, "", Ok, "", Ok, "" },
        { "top NAME", Ok, "", 1, "is not running", 1, "is not running" },
        { "unpause NAME", Ok, "", 1, "is not paused", 1, "is not paused" },
        { "update --restart no NAME", Ok, "", Ok, "", Ok, "" },
    };

    [Theory, MemberData(nameof(Rows))]
    public void Each_verb_does_what_dockers_does_to_a_paused_an_ended_and_a_new_container(
        string verb, int paused, string pausedError, int ended, string endedError, int made, string madeError)
    {
        foreach (var (state, code, error) in (ReadOnlySpan<(string, int, string)>)[("paused", paused, pausedError),
            ("ended", ended, endedError), ("new", made, madeError)])
        {
            string name = host.NewName(state);
            Make(name, state);
            CommandResult result = host.Run([.. verb.Split(' ').Select(word => word.Replace("NAME", name))]);
            Assert.True(result.ExitCode == code, $"{state}: {result}");
            Assert.Contains(error, result.Error);
            host.Run("rm", "-f", name, name + "-new").Exits(0);
            if (verb.StartsWith("commit", StringComparison.Ordinal)) host.Run("rmi", result.Text()).Exits(0);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("TERM")]
    public void A_signal_that_ends_a_container_is_not_kept_from_a_paused_one(string signal)
    {
        using var container = host.Detached(host.Busybox, "sh", "-c",
            "trap 'exit 9' TERM; while :; do sleep 0.05; done");
        Wait.Until(() => container.Exec("grep -q 'SigCgt.*4...$' /proc/1/status").ExitCode == 0, "the trap");
        host.Run("pause", container.Name).Exits(0);
        host.Run(["kill", .. signal.Length > 0 ? (string[])["-s", signal] : [], container.Name]).Exits(0);
        Assert.Equal(signal.Length > 0 ? "9" : "137", host.Run("wait", container.Name).Text());
    }

    [Fact]
    public void A_pause_meets_a_container_that_is_started_again_or_says_that_it_does_not_run()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        using Command restarts = host.Start(
            ["restart", "-t", "0", .. Enumerable.Repeat(container.Name, 40)]);
        int refused = 0;
        while (!restarts.HasExited)
        {
            CommandResult pause = host.Run("pause", container.Name);
            if (pause.ExitCode != 0 && !pause.Error.Contains("is already paused"))
            {
                refused++;
                pause.FailsClearly(1, "is not running");
            }
            host.Run("unpause", container.Name);
        }
        restarts.Finish();
        Assert.True(refused > 0, "no pause came between");
    }

    [Fact]
    public void A_start_that_has_failed_says_why_in_inspect_and_can_be_tried_again_at_once()
    {
        string name = host.NewName("failing");
        host.Run("create", "--name", name, host.Busybox, "no-such-program").Exits(0);
        for (int i = 0; i < 5; i++)
        {
            host.Run(i % 2 == 0 ? ["start", name] : ["start", "-a", name]).FailsClearly(1, "no-such-program");
            Assert.Equal("created 127",
                host.Run("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name).Text());
        }
        host.Run("rm", name).Exits(0);
    }

    [Theory]
    [InlineData("wait NAME", 0)]
    [InlineData("attach --no-stdin NAME", 137)]
    [InlineData("logs -f NAME", 0)]
    [InlineData("exec NAME sleep 1000", 137)]
    [InlineData("stop -t 100 NAME", 0)]
    [InlineData("stats NAME", 0)]
    public void A_verb_whose_container_is_removed_ends(string verb, int exitCode)
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "trap '' TERM; echo up; sleep 1000");
        container.WaitForLog("up");
        using var command = host.Start([.. verb.Split(' ').Select(word => word.Replace("NAME", container.Name))]);
        command.WaitUntilIdle();
        Assert.False(command.HasExited);
        host.Run("rm", "-f", container.Name).Exits(0);
        Assert.Equal("", command.Finish(limit: TimeSpan.FromSeconds(10)).Exits(exitCode).Error);
    }

    [Fact]
    public void A_name_can_be_had_again_as_soon_as_its_container_is_removed_and_not_before()
    {
        string name = host.NewName("again");
        host.Run("run", "-d", "--name", name, host.Busybox, "sh", "-c",
            "for d in $(seq 200); do mkdir /d$d; for f in $(seq 20); do : > /d$d/$f; done; done; sleep 1000").Exits(0);
        for (int round = 0; round < 5; round++)
        {
            using var removal = host.Start("rm", "-f", name);
            string id = "";
            Wait.Until(() =>
            {
                CommandResult result = host.Run("run", "-d", "--name", name, host.Busybox, "sleep", "1000");
                if (result.ExitCode != 0) Assert.Contains("is already in use by container", result.Error);
                else id = result.Text();
                return result.ExitCode == 0;
            }, "the name");
            removal.Finish().Exits(0);
            Assert.Equal(id, host.Run("inspect", "-f", "{{.Id}}", name).Text());
            Assert.Equal("running", host.Run("inspect", "-f", "{{.State.Status}}", name).Text());
        }
        host.Run("rm", "-f", name).Exits(0);
    }

    [Fact]
    public void A_start_on_a_full_disk_fails_clearly_or_works_and_works_when_there_is_room()
    {
        using var disk = new SmallDisk(host, store: null);
        disk.Run("create", "--name", "one", host.Busybox, "sh", "-c", "echo ran").Exits(0);
        disk.Fill();
        CommandResult start = disk.Run("start", "-a", "one");
        if (start.ExitCode != 0) start.FailsClearly(1, "ENOSPC");
        CommandResult run = disk.Run("run", "--name", "two", host.Busybox, "true");
        if (run.ExitCode != 0) run.FailsClearly(125, "ENOSPC");
        disk.Run("rm", "-f", "two").Exits(0);
        disk.Empty();
        Assert.Contains("ran", disk.Run("start", "-a", "one").Text());
        Assert.Equal("one", disk.Run("ps", "-a", "--format", "{{.Names}}").Text());
        disk.Run("rm", "one").Exits(0);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("json-file")]
    public void Ten_thousand_lines_in_one_write_are_ten_thousand_lines_in_the_log(string driver)
    {
        // A write of a pipe's size is a matter of microseconds: a hundred times what a millisecond brings.
        string name = host.NewName("burst");
        host.Run("run", "--name", name, "--log-driver", driver, host.Busybox, "sh", "-c",
            "seq 10000 > /tmp/lines; for i in $(seq 20); do cat /tmp/lines; done").Exits(0);
        string[] lines = host.Run("logs", "-t", name).Lines;
        Assert.Equal(200_000, lines.Length);
        for (int i = 0; i < lines.Length; i++) Assert.EndsWith($"Z {i % 10_000 + 1}", lines[i]);
        string[] times = [.. lines.Select(line => line[..line.IndexOf(' ')])];
        Assert.Equal(times.Order(StringComparer.Ordinal), times);
        host.Run("rm", name).Exits(0);
    }

    private void Make(string name, string state)
    {
        string[] command = ["--name", name, host.Busybox, .. state == "ended" ? (string[])["true"] : ["sleep", "1000"]];
        if (state == "new") host.Run(["create", .. command]).Exits(0);
        else host.Run(["run", "-d", .. command]).Exits(0);
        if (state == "ended") host.Run("wait", name).Exits(0);
        if (state == "paused") host.Run("pause", name).Exits(0);
    }
}
