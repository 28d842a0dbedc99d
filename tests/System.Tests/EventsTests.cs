using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`events`: Docker's names, actors and attributes, from all processes of the engine.</summary>
public sealed class EventsTests(SkiffHost host)
{
    private const string Short = "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}";

    [Fact]
    public void The_life_of_a_container_is_told_in_Dockers_words_and_order()
    {
        var (name, renamed, volume) = (host.NewName(), host.NewName(), host.NewName("v"));
        var id = host.Run("create", "--name", name, "--label", "a=b", "-v", $"{volume}:/v", host.Busybox,
            "sleep", "1000").Text();
        host.Run("start", name).Exits(0);
        host.Run("exec", name, "sh", "-c", "exit 3").Exits(3);
        host.Run("exec", name, "nothing-here");
        host.Run("top", name).Exits(0);
        host.Run("pause", name).Exits(0);
        host.Run("unpause", name).Exits(0);
        host.Run("update", "--restart", "on-failure", name).Exits(0);
        host.Run("rename", name, renamed).Exits(0);
        host.Run("restart", "-t", "0", renamed).Exits(0);
        host.Run("kill", "-s", "USR1", renamed).Exits(0);
        host.Run("stop", "-t", "1", renamed).Exits(0);
        Command.Shell($"$SKIFF export {renamed} > /dev/null; $SKIFF cp {renamed}:/etc/passwd - > /dev/null",
            host.Variables()).Exits(0);
        host.Run("rm", renamed).Exits(0);
        Assert.Equal([
            "create", "start", "exec_create: sh -c exit 3", "exec_start: sh -c exit 3", "exec_die",
            "exec_create: nothing-here ", "top", "pause", "unpause", "update", "rename", "kill", "die", "stop", "start",
            "restart", "kill", "kill", "kill", "die", "stop", "export", "archive-path", "destroy"],
            Past("--filter", $"container={id}", "--format", "{{.Action}}"));
        Assert.Equal([$"connect {id}", $"disconnect {id}", $"connect {id}", $"disconnect {id}"],
            Past("--filter", "type=network", "--format", "{{.Action}} {{.Actor.Attributes.container}}")
                .Where(line => line.EndsWith(id)).ToArray());
        string network = host.Run("network", "inspect", "bridge", "--format", "{{.Id}}").Text();
        Assert.Contains($"{network} bridge bridge {id}", Past("--filter", "type=network", "--format", "{{.Actor.ID}} "
            + "{{.Actor.Attributes.name}} {{.Actor.Attributes.type}} {{.Actor.Attributes.container}}"));
        Assert.Equal(["create", "mount", "unmount", "mount", "unmount"],
            Past("--filter", $"volume={volume}", "--format", "{{.Action}}"));
        var die = JsonNode.Parse(
            Past("--filter", $"container={id}", "--filter", "event=die", "--format", "json")[0])!;
        Assert.Equal("137", (string)die["Actor"]!["Attributes"]!["exitCode"]!);
        // Whole seconds, of which a busy machine may take some.
        var start = JsonNode.Parse(
            Past("--filter", $"container={id}", "--filter", "event=start", "--format", "json")[0])!;
        double ran = ((long)die["timeNano"]! - (long)start["timeNano"]!) / 1e9;
        Assert.InRange(int.Parse((string)die["Actor"]!["Attributes"]!["execDuration"]!), ran - 2, ran + 1);
        Assert.Equal("b", (string)die["Actor"]!["Attributes"]!["a"]!);
        Assert.Equal(host.Busybox, (string)die["from"]!);
        Assert.Equal(("container", "die", "die", "local"), ((string)die["Type"]!, (string)die["Action"]!,
            (string)die["status"]!, (string)die["scope"]!));
        Assert.Contains($"oldName=/{name}", Past("--filter", $"container={id}", "--filter", "event=rename")[0]);
        Assert.Contains("signal=10", Past("--filter", $"container={id}", "--filter", "event=kill")[1]);
    }

    [Fact]
    public void Images_tell_what_is_done_with_them()
    {
        var (image, folder) = (host.NewName("image"), host.NewFolder());
        using var container = host.Detached(host.Busybox, "true");
        container.WaitFor("exited");
        var id = host.Run("commit", container.Name, image).Text();
        host.Run("tag", image, image + ":two").Exits(0);
        host.Run("save", "-o", $"{folder}/tar", image + ":latest").Exits(0);
        host.Run("rmi", image, image + ":two").Exits(0);
        host.Run("load", "-i", $"{folder}/tar").Exits(0);
        host.Run("pull", host.Probe).Exits(0);
        host.Run("rmi", image).Exits(0);
        var actions = Past("--filter", "type=image", "--format", Short + " {{.ID}}")
            .Where(line => line.EndsWith(id)).Select(line => line.Split(' ')[1]);
        Assert.Equal(["create", "tag", "tag", "save", "untag", "untag", "delete", "load", "untag", "delete"], actions);
        Assert.Contains($"image pull {host.Probe[..^":latest".Length]}", Past("--format", Short));
        Assert.Contains(Past("--filter", $"container={container.Name}"),
            line => line.Contains($"imageRef={image}:latest"));
    }

    [Fact]
    public void Followers_see_events_as_they_happen_until_the_time_that_they_were_given()
    {
        var (name, end) = (host.NewName(), DateTimeOffset.UtcNow.AddSeconds(10).ToUnixTimeSeconds());
        using var events = host.Start("events", "--until", $"{end}", "--filter", $"container={name}",
            "--format", "{{.Action}}");
        events.WaitUntilIdle();
        host.Run("run", "--rm", "--name", name, host.Busybox, "true").Exits(0);
        Assert.Equal(["create", "attach", "start", "die", "destroy"], events.Finish().Exits(0).Lines);
    }

    [Fact]
    public void A_change_of_health_is_an_event_too()
    {
        using var container = host.Detached(
            "--health-cmd", "true", "--health-interval", "200ms", host.Busybox, "sleep", "1000");
        Wait.Until(() => Past("--filter", $"container={container.Name}", "--filter", "event=health_status")
            is [var line, ..] && line.Contains("health_status: healthy"), "the container is healthy");
    }

    [Fact]
    public void The_journal_stays_small_and_followers_go_on_in_the_next_one()
    {
        using var roots = new OwnRoots(host);
        var label = new string('x', 60_000);
        roots.Run("pull", host.Busybox).Exits(0);
        using var follower = roots.Start("events", "--filter", "event=create", "--format", "{{.Action}}");
        follower.WaitUntilIdle();
        for (var i = 0; i < 12; i++)
        {
            var id = roots.Run("create", "--label", $"a={label}", host.Busybox, "true").Text();
            roots.Run("rm", id).Exits(0);
        }
        Wait.Until(() => follower.OutSoFar.Split('\n').Length > 12, "twelve events");
        follower.WaitUntilIdle();
        Assert.Equal(12, follower.OutSoFar.TrimEnd('\n').Split('\n').Length);
        var kept = roots.Run("events", "--since", "1h", "--until", "0s", "--format", "{{.Action}}").Exits(0).Lines;
        Assert.InRange(kept.Length, 4, 12);
        Assert.Equal("destroy", kept[^1]);
    }

    [Fact]
    public void Bad_flags_are_refused()
    {
        host.Run("events", "--filter", "color=red", "--until", "0s").FailsClearly(1, "invalid filter 'color'");
        host.Run("events", "--filter", "color", "--until", "0s").FailsClearly(125, "invalid filter format");
        host.Run("events", "--since", "yesterday-ish", "--until", "0s").FailsClearly(1, "yesterday-ish");
        host.Run("events", "--since", "1m", "--until", "2m").FailsClearly(1, "cannot be after");
        host.Run("events", "--format", "{{.Nothing", "--until", "0s").FailsClearly(1, "template");
    }

    private string[] Past(params string[] flags) =>
        host.Run(["events", "--since", "1h", "--until", "0s", .. flags]).Exits(0).Out.Split('\n')[..^1];
}
