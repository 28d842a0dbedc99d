using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Containers whose removal fails in the middle, and what becomes of them.</summary>
public sealed class DeadContainerTests(SkiffHost host)
{
    private const string Busy = "busy", Unchangeable = "unchangeable";

    [Theory]
    [InlineData(Busy)]
    [InlineData(Unchangeable)]
    public void A_container_that_cannot_be_removed_whole_is_dead_until_it_can(string kind)
    {
        using var own = new OwnRoots(host);
        Make(own, "victim");
        string id = own.Run("inspect", "-f", "{{.Id}}", "victim").Text();
        using (Hold(own, id, kind))
        {
            own.Run("rm", "victim").FailsClearly(1, "cannot remove container \"victim\"",
                kind == Busy ? "EBUSY" : "EPERM", "dead", "held");
            Assert.Matches("Dead +victim$", own.Run("ps", "-a", "--format", "table {{.Status}}\t{{.Names}}").Lines[1]);
            Assert.Equal("victim", own.Run("ps", "--filter", "status=dead", "--format", "{{.Names}}").Text());
            Assert.Equal("", own.Run("ps", "--filter", "status=exited", "-q").Text());
            JsonNode state = JsonNode.Parse(own.Run("inspect", "victim").Text())![0]!["State"]!;
            Assert.Equal(("dead", true, false, 7), ((string)state["Status"]!, (bool)state["Dead"]!,
                (bool)state["Running"]!, (int)state["ExitCode"]!));
            Assert.Contains("held", (string)state["Error"]!);
            foreach (string verb in (ReadOnlySpan<string>)["start", "restart", "update --restart no", "commit",
                "export -o /dev/null", "diff", "start -a"])
                own.Run([.. verb.Split(' '), "victim"]).FailsClearly(1, "victim", "marked for removal");
            own.Run("cp", "victim:/etc/passwd", "-").FailsClearly(1, "victim", "marked for removal");
            foreach (string verb in (ReadOnlySpan<string>)["exec", "kill", "pause", "top"])
                own.Run(verb == "exec" ? ["exec", "victim", "true"] : [verb, "victim"]).FailsClearly(1, "not running");
            own.Run("ps", "-as").Exits(0);
            own.Run("logs", "victim").Exits(0);
            // The name is still taken, and whoever tries again is told again.
            own.Run("create", "--name", "victim", host.Busybox).FailsClearly(1, "already in use");
            own.Run("rm", "-f", "victim").FailsClearly(1, "dead");
            Assert.Contains("victim is dead", own.Run("container", "prune", "-f").Exits(0).Error);
            Assert.Equal("dead", own.Run("inspect", "-f", "{{.State.Status}}", id[..12]).Text());
        }
        own.Run("rm", "victim").Exits(0);
        Assert.Equal("", own.Run("ps", "-aq").Text());
        Assert.False(Directory.Exists(Path.Combine(own.Folder, "root/containers", id)));
        Make(own, "victim");
    }

    [Fact]
    public void One_that_was_to_be_removed_at_its_end_is_dead_and_its_volumes_stay_until_it_goes()
    {
        using var own = new OwnRoots(host);
        own.Run("pull", "-q", host.Busybox).Exits(0);
        string id = own.Run("run", "-d", "--rm", "--name", "passing", "--network", "none", "-v", "/v", host.Busybox,
            "sleep", "1000").Text();
        using (Hold(own, id, Busy))
        {
            own.Run("stop", "-t", "0", "passing").Exits(0);
            Wait.Until(() => own.Run("ps", "-a", "--format", "{{.State}}").Text() == "dead", "the container is dead");
            Assert.Single(own.Run("volume", "ls", "-q").Lines);
            own.Run("volume", "rm", own.Run("volume", "ls", "-q").Text()).FailsClearly(1, "in use");
        }
        own.Run("rm", "-v", "passing").Exits(0);
        Assert.Equal("", own.Run("volume", "ls", "-q").Text());
    }

    [Fact]
    public void One_whose_monitor_was_killed_is_dead_without_keeping_anybody_from_looking()
    {
        using var own = new OwnRoots(host);
        own.Run("pull", "-q", host.Busybox).Exits(0);
        string id = own.Run("run", "-d", "--rm", "--name", "orphan", "--network", "none", host.Busybox, "sleep", "1000")
            .Text();
        using (Hold(own, id, Busy))
        {
            own.KillMonitors();
            Assert.Equal("Dead", own.Run("ps", "-a", "--format", "{{.Status}}").Text());
            Assert.Equal("dead", own.Run("inspect", "-f", "{{.State.Status}}", "orphan").Text());
            Assert.Equal("", own.Run("ps", "-q").Text());
        }
        own.Run("container", "prune", "-f").Exits(0);
        Assert.Equal("", own.Run("ps", "-aq").Text());
    }

    [Fact]
    public void Leftovers_that_cannot_be_removed_keep_nobody_from_looking()
    {
        using var own = new OwnRoots(host);
        Make(own, "other");
        string container = Path.Combine(own.Folder, "root/containers", new string('a', 64));
        string volume = Path.Combine(own.Folder, "root/volumes/.removed-1-a");
        foreach (string folder in (ReadOnlySpan<string>)[container, volume])
            Command.Shell("mkdir -p $1/held && mount -t tmpfs held $1/held && touch -d '1 hour ago' $1", folder)
                .Exits(0);
        try
        {
            Assert.Equal("other", own.Run("ps", "-a", "--format", "{{.Names}}").Text());
            own.Run("volume", "ls").Exits(0);
        }
        finally
        {
            foreach (string folder in (ReadOnlySpan<string>)[container, volume])
                Command.Run("umount", $"{folder}/held").Exits(0);
        }
        Command.Run("touch", "-d", "1 hour ago", container).Exits(0);
        own.Run("ps", "-a").Exits(0);
        Assert.False(Directory.Exists(container) || Directory.Exists(volume));
    }

    private void Make(OwnRoots own, string name)
    {
        own.Run("pull", "-q", host.Busybox).Exits(0);
        own.Run("run", "--name", name, "--network", "none", host.Busybox, "sh", "-c", "mkdir /held; exit 7").Exits(7);
    }

    private static Held Hold(OwnRoots own, string id, string kind)
    {
        string folder = Path.Combine(own.Folder, "root/containers", id, "upper/held");
        Directory.CreateDirectory(folder);
        return new Held(folder, kind);
    }

    /// <summary>A directory that cannot be removed.</summary>
    private sealed class Held : IDisposable
    {
        private readonly string _end;

        public Held(string folder, string kind)
        {
            Command.Shell(kind == Busy ? "mount -t tmpfs held $1" : "chattr +i $1", folder).Exits(0);
            _end = (kind == Busy ? "umount " : "chattr -i ") + folder;
        }

        public void Dispose() => Command.Shell(_end).Exits(0);
    }
}
