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
        Assert.True(clock.Elapsed.TotalSeconds < 60, $"took {clock.Elapsed.TotalSeconds:F0} s");
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
