using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>`logs`: of running and stopped containers, from and to a time, and as lines come.</summary>
public sealed class LogFollowTests(SkiffHost host)
{
    private const string Ticker = "i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo $i; sleep 0.2; done";

    [Theory]
    [InlineData("local")]
    [InlineData("json-file")]
    public void Followers_see_every_line_across_files(string driver)
    {
        using var container = host.Detached("--log-driver", driver, "--log-opt", "max-size=20k", "--log-opt",
            "max-file=10000", host.Busybox, "sh", "-c", "sleep 0.5; seq 1 30000; sleep 0.5; seq 30001 60000");
        using var early = host.Start("logs", "-f", container.Name);
        Thread.Sleep(700);
        using var late = host.Start("logs", "-f", container.Name);
        foreach (var result in (CommandResult[])[early.Finish(), late.Finish(), host.Run("logs", container.Name)])
        {
            Assert.Equal("", result.Exits(0).Error);
            Assert.Equal(Enumerable.Range(1, 60_000).Select(i => $"{i}"), result.Lines);
        }
    }

    [Fact]
    public void Following_from_the_tail_shows_what_comes()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", $"{Ticker}; printf end");
        container.WaitForLog("2\n");
        string[] lines = host.Run("logs", "-f", "--tail", "1", container.Name).Lines;
        Assert.InRange(lines.Length, 2, 20);
        Assert.Equal(Enumerable.Range(22 - lines.Length, lines.Length - 1).Select(i => $"{i}").Append("end"), lines);
    }

    [Fact]
    public void A_follower_waits_without_work_and_ends_with_the_container()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "echo one; sleep 1000");
        using var follower = host.Start("logs", "-f", container.Name);
        Wait.Until(() => follower.OutSoFar == "one\n", "its line");
        follower.WaitUntilIdle();
        long before = Ticks(follower.Pid);
        Thread.Sleep(1500);
        Assert.Equal(before, Ticks(follower.Pid));
        Assert.False(follower.HasExited);
        host.Run("kill", container.Name).Exits(0);
        Assert.Equal("one\n", follower.Finish(limit: TimeSpan.FromSeconds(10)).Exits(0).Out);
        Assert.Equal("one\n", host.Run("logs", "-f", container.Name).Exits(0).Out);
    }

    [Fact]
    public void A_follower_sees_the_end_of_a_container_that_removes_itself()
    {
        string name = host.NewName();
        host.Run("run", "-d", "--rm", "--name", name, host.Busybox, "sh", "-c", Ticker).Exits(0);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"{i}"), host.Run("logs", "-f", name).Exits(0).Lines);
    }

    [Fact]
    public void A_follower_stays_while_a_container_is_started_again()
    {
        using var container = host.Detached("--restart", "on-failure:2", host.Busybox, "sh", "-c",
            "sleep 0.3; echo run; exit 1");
        Assert.Equal(["run", "run", "run"], host.Run("logs", "-f", container.Name).Exits(0).Lines);
    }

    [Fact]
    public void A_follower_that_reads_nothing_does_not_hold_the_container_up()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "sleep 0.5; seq 1000000");
        using var follower = Command.Start("/bin/bash", ["-c", $"$SKIFF logs -f {container.Name} | sleep 1000"],
            host.Variables());
        var clock = Stopwatch.StartNew();
        Assert.Equal("0", host.Run("wait", container.Name).Text());
        Assert.False(follower.HasExited);
        Assert.Equal("1000000", host.Run("logs", "--tail", "1", container.Name).Text());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(40));
    }

    [Fact]
    public void A_follower_that_the_ring_overtakes_says_so_and_goes_on()
    {
        using var container = host.Detached("--log-opt", "max-size=20k", "--log-opt", "max-file=3", host.Busybox, "sh",
            "-c", "seq 1 100; while [ ! -e /go ]; do sleep 0.1; done; seq 101 50000; sleep 1000");
        using var follower = host.Start("logs", "-f", container.Name);
        Wait.Until(() => follower.OutSoFar.EndsWith("\n100\n"), "the first lines");
        Command.Shell($"kill -STOP {follower.Pid}").Exits(0);
        container.Exec("touch /go").Exits(0);
        Wait.Until(() => host.Run("logs", "--tail", "1", container.Name).Text() == "50000", "the last line");
        Command.Shell($"kill -CONT {follower.Pid}").Exits(0);
        host.Run("kill", container.Name).Exits(0);
        var result = follower.Finish().Exits(0);
        Assert.Matches(@"^skiff: \d+ files of the log were full and gone before they could be read\n$", result.Error);
        int[] lines = [.. result.Lines.Select(int.Parse)];
        Assert.Equal(lines.Order().Distinct(), lines);
        Assert.Equal((1, 50_000), (lines[0], lines[^1]));
    }

    [Fact]
    public void A_reader_that_has_seen_enough_ends_the_command_quietly()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "seq 100000");
        container.WaitFor("exited");
        var result = Command.Shell($"set -o pipefail; SKIFF_ROOT={host.Root} SKIFF_RUN_ROOT={host.RunRoot} "
            + $"{host.Binary} logs -f {container.Name} | head -n 1").Exits(0);
        Assert.Equal(("1\n", ""), (result.Out, result.Error));
    }

    [Fact]
    public void Lines_are_chosen_by_their_time()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c",
            "echo one; sleep 1.2; echo two; sleep 1.2; echo three");
        container.WaitFor("exited");
        string[] times = host.Run("logs", "-t", container.Name).Lines.Select(line => line.Split(' ')[0]).ToArray();
        string unix = $"{(DateTimeOffset.Parse(times[1]) - DateTimeOffset.UnixEpoch).Ticks / 1e7m}";
        foreach (string since in (string[])[times[1], unix, times[1].Replace("Z", "+00:00")])
            Assert.Equal(["two", "three"], host.Run("logs", "--since", since, container.Name).Lines);
        Assert.Equal(["one", "two"], host.Run("logs", "--until", times[1], container.Name).Lines);
        Assert.Equal(["two"], host.Run("logs", "--until", times[1], "--tail", "1", container.Name).Lines);
        Assert.Equal(["two"], host.Run("logs", "--since", times[1], "--until", times[1], container.Name).Lines);
        Assert.Equal("", host.Run("logs", "--until", "2013-01-02T13:23:37+02:00", container.Name).Exits(0).Out);
        Assert.Equal(3, host.Run("logs", "--since", "10m", container.Name).Lines.Length);
        Assert.Equal("", host.Run("logs", "--since", "-10m", container.Name).Exits(0).Out);
        string[] all = ["--since", "2013-01-02", "--until", "0", "-n", "all"];
        Assert.Equal(["one", "two", "three"], host.Run(["logs", .. all, container.Name]).Lines);
    }

    [Fact]
    public void Following_ends_at_the_time_that_was_given()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "while :; do echo x; sleep 0.1; done");
        var clock = Stopwatch.StartNew();
        host.Run("logs", "-f", "--until", "-1s", container.Name).Exits(0);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.9, 10);
    }

    [Theory]
    [InlineData("since", "abc")]
    [InlineData("since", "1e3")]
    [InlineData("until", "2013-99-02")]
    [InlineData("until", "9999999999999999999999")]
    public void A_time_that_is_none_is_refused_by_name(string flag, string value)
    {
        using var container = host.Detached(host.Busybox, "true");
        host.Run("logs", $"--{flag}", value, container.Name).FailsClearly(1,
            $"invalid value for \"{flag}\": failed to parse value as time or duration: \"{value}\"");
    }

    [Fact]
    public void A_container_that_never_ran_has_an_empty_log()
    {
        string name = host.NewName();
        host.Run("create", "--name", name, host.Busybox, "true").Exits(0);
        using var container = new Container(host, name, "");
        Assert.Equal("", host.Run("logs", "-f", name).Exits(0).Out);
        host.Run("logs", "nosuch").FailsClearly(1, "No such container: nosuch");
    }

    // utime and stime of proc_pid_stat(5).
    private static long Ticks(int pid)
    {
        string[] fields = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ');
        return long.Parse(fields[11]) + long.Parse(fields[12]);
    }
}
