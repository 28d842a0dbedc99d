using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`stats` and `top`: what runs in a container and what it uses.</summary>
public sealed class StatsTests(SkiffHost host)
{
    [Fact]
    public void Stats_has_Dockers_columns_and_counts_processor_time()
    {
        using var busy = host.Detached(host.Busybox, "sh", "-c", "while :; do :; done");
        var lines = host.Run("stats", "--no-stream", busy.Name).Exits(0).Lines;
        Assert.Matches(@"^CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O +BLOCK I/O +PIDS$", lines[0]);
        Assert.Matches($@"^{busy.Id[..12]} +{busy.Name} +\d+\.\d\d% ", lines[1]);
        Assert.True(Percent(busy.Name) > 5, "a busy loop uses the processor");
        Assert.Contains(busy.Id, host.Run("stats", "--no-stream", "--no-trunc", busy.Name).Text());
    }

    [Fact]
    public void Stats_of_a_stopped_container_are_zero_and_shown_when_asked_for()
    {
        using var ended = host.Detached(host.Busybox, "true");
        ended.WaitFor("exited");
        Assert.DoesNotContain(ended.Name, host.Run("stats", "--no-stream").Text());
        Assert.Matches($@"{ended.Name} +0.00% +0B / 0B +0.00% +0B / 0B +0B / 0B +0\n",
            host.Run("stats", "--no-stream", "-a").Exits(0).Out);
        host.Run("stats", "--no-stream", "nobody").FailsClearly(1, "No such container: nobody");
    }

    [Fact]
    public void Stats_as_json_and_by_templates()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var row = JsonNode.Parse(host.Run("stats", "--no-stream", "--format", "json", container.Name).Text())!;
        foreach (var field in (string[])["BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name",
            "NetIO", "PIDs", "SwapUsage", "CPUPressure", "MemPressure", "IOPressure"])
            Assert.NotNull(row[field]);
        Assert.Equal("1", (string)row["PIDs"]!);
        Assert.Matches(@"^[\d.]+k?B / \d", (string)row["NetIO"]!);
        Assert.Equal($"{container.Name} 1",
            host.Run("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", container.Name).Text());
        Assert.StartsWith("NAME", host.Run("stats", "--no-stream", "--format", "table {{.Name}}\t{{.PIDs}}").Text());
        host.Run("stats", "--no-stream", "--format", "{{.Nothing", container.Name).FailsClearly(1, "template");
    }

    [Fact]
    public void Stats_stream_until_the_container_is_removed()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        using var stats = host.Start("stats", "--format", "{{.Name}} {{.PIDs}}", container.Name);
        Wait.Until(() => stats.OutSoFar.Count(c => c == '\n') >= 2, "two looks");
        host.Run("rm", "-f", container.Name).Exits(0);
        Assert.Equal($"{container.Name} 1", stats.Finish().Exits(0).Lines[0]);
    }

    [Fact]
    public void Top_shows_the_containers_processes_alone_with_the_hosts_pids()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c", "sleep 1000 & sleep 2000; true");
        Wait.Until(() => host.Run("top", container.Name).Lines.Length == 4, "three processes and the titles");
        var lines = host.Run("top", container.Name).Exits(0).Lines;
        Assert.Matches(@"^UID +PID +PPID +C +STIME +TTY +TIME +CMD$", lines[0]);
        Assert.Contains(lines,
            line => line.Contains($" {container.Pid} ") && line.EndsWith("sh -c sleep 1000 & sleep 2000; true"));
        Assert.Equal(4, host.Run("top", container.Name, "aux").Exits(0).Lines.Length);
        Assert.Contains("sleep", host.Run("top", container.Name, "-o", "pid,comm").Text());
        host.Run("top", container.Name, "-o", "comm").FailsClearly(1, "Couldn't find PID field in ps output");
        host.Run("top", container.Name, "--nonsense").Exits(1);
        host.Run("stop", "-t", "0", container.Name).Exits(0);
        host.Run("top", container.Name).FailsClearly(1, $"container {container.Id} is not running");
    }

    [Fact]
    public void Top_has_a_table_of_its_own_where_the_host_has_no_ps()
    {
        using var container = host.Detached("-t", host.Busybox, "sleep", "1000");
        // A program that has just been executed has no arguments yet.
        Wait.Until(() => host.Run("top", container.Name).Out.Contains("sleep 1000"), "its arguments");
        var result = Command.Shell($"PATH=/nowhere $SKIFF top {container.Name}", host.Variables()).Exits(0);
        Assert.Matches(@"^UID +PID +PPID +C +STIME +TTY +TIME +CMD$", result.Lines[0]);
        Assert.Matches($@"^0 +{container.Pid} +\d+ +\d+ +\d\d:\d\d +pts/0 +00:00:00 +sleep 1000$", result.Lines[1]);
        Command.Shell($"PATH=/nowhere $SKIFF top {container.Name} aux", host.Variables())
            .FailsClearly(1, "no program ps");
    }

    private double Percent(string name) =>
        double.Parse(host.Run("stats", "--no-stream", "--format", "{{.CPUPerc}}", name).Text().TrimEnd('%'));
}
