using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>Many containers, and the machine afterwards exactly as before. Alone, because it counts.</summary>
[Collection(Alone.Name)]
public sealed class SoakTests(SkiffHost host)
{
    [Fact]
    public void Twenty_containers_at_once_all_give_their_own_answer()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        var before = HostState.Capture(host);
        var commands = Enumerable.Range(0, 20)
            .Select(i => host.Start("run", "--rm", host.Busybox, "sh", "-c", $"echo {i}; exit {i}")).ToList();
        for (var i = 0; i < commands.Count; i++)
        {
            using var command = commands[i];
            Assert.Equal($"{i}\n", command.Finish().Exits(i).Out);
        }
        before.AssertNothingLeft(host);
    }

    [Fact]
    public void Two_hundred_in_a_loop_and_fifty_at_once_leave_nothing_behind()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        var before = HostState.Capture(host);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 200; i++)
            host.Run("run", "--rm", host.Busybox, "true").Exits(0);
        before.AssertNothingLeft(host);

        var names = Enumerable.Range(0, 50).Select(_ => host.NewName("soak")).ToArray();
        var commands = names
            .Select(name => host.Start("run", "-d", "--name", name, host.Busybox, "sleep", "1000")).ToList();
        foreach (var command in commands)
        {
            command.Finish().Exits(0);
            command.Dispose();
        }
        Assert.Equal(50, host.Run("ps").Lines.Count(line => line.Contains("soak")));
        host.Run(["rm", "-f", .. names]).Exits(0);
        before.AssertNothingLeft(host);
        Assert.True(clock.Elapsed.TotalSeconds < 300, $"took {clock.Elapsed.TotalSeconds:F0} s");
    }

    [Fact]
    public void Release_gives_back_what_containers_share()
    {
        using var container = host.Detached(host.Debian, "sleep", "1000");
        using var other = host.Detached(host.Busybox, "sleep", "1000");
        other.Dispose();
        var layers = HostState.MountsBelow(Path.Combine(host.RunRoot, "layers")).Count();
        Assert.Contains("1 running", host.Run("system", "release").Text());
        Assert.InRange(HostState.MountsBelow(Path.Combine(host.RunRoot, "layers")).Count(), 2, layers - 1);
        Assert.Equal("fine", container.Exec("echo fine").Text());

        container.Dispose();
        Assert.Contains("Everything", host.Run("system", "release").Text());
        Assert.Empty(host.LeftAfterRelease());
        Assert.Equal("back", host.Ask("echo back"));
    }

    [Fact]
    public void Releases_beside_starts_break_none()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        var starts = Enumerable.Range(0, 30).Select(i => host.Start("run", "--rm", host.Busybox, "echo", $"{i}"))
            .ToList();
        for (var i = 0; i < 30; i++)
            host.Run("system", "release").Exits(0);
        for (var i = 0; i < starts.Count; i++)
        {
            using var start = starts[i];
            Assert.Equal($"{i}\n", start.Finish().Exits(0).Out);
        }
    }

    [Fact]
    public void A_thousand_words_of_output_from_many_at_once_are_not_mixed_up()
    {
        var commands = Enumerable.Range(0, 8).Select(i => host.Start("run", "--rm", "--network", "none", host.Busybox,
            "sh", "-c", $"seq 1 1000 | sed s/^/{i}:/")).ToList();
        for (var i = 0; i < commands.Count; i++)
        {
            using var command = commands[i];
            var expected = string.Concat(Enumerable.Range(1, 1000).Select(n => $"{i}:{n}\n"));
            Assert.Equal(expected, command.Finish().Exits(0).Out);
        }
    }
}
