namespace Skiff.System.Tests;

/// <summary>The keys that leave a container: docker's own, those of its configuration, and those of a flag.</summary>
public sealed class DetachTests(SkiffHost host)
{
    private const string Dockers = "\x10\x11", Other = "\x05";

    [Theory]
    [InlineData("run", 0)]
    [InlineData("start", 0)]
    [InlineData("attach", 1)]
    [InlineData("exec", 1)]
    public void Dockers_keys_leave_a_container_that_goes_on(string verb, int code) => Leave(verb, "", Dockers, code);

    [Theory]
    [InlineData("run", 0)]
    [InlineData("start", 0)]
    [InlineData("attach", 1)]
    [InlineData("exec", 1)]
    public void Keys_can_be_chosen_for_one_command(string verb, int code) =>
        Leave(verb, "--detach-keys ctrl-e", Other, code);

    [Fact]
    public void Keys_of_dockers_configuration_count_where_no_flag_says_otherwise()
    {
        Leave("run", "", Other, 0, "ctrl-e");
        Leave("exec", "", Other, 1, "ctrl-e");
        Leave("attach", "--detach-keys=ctrl-p,ctrl-q", Dockers, 1, "ctrl-e");
        using var command = Start("run --rm -it $IMAGE true", "escape");
        var seen = command.Finish().Out;
        Assert.Contains("config.json: detachKeys: invalid detach keys (escape)", seen);
        Assert.Contains("code 125", seen);
    }

    private void Leave(string verb, string flag, string keys, int code, string? configured = null)
    {
        var name = host.NewName();
        using var container = new Container(host, name, "");
        string[] target = ["--name", name, "-it", host.Busybox, "cat"];
        if (verb == "start") host.Run(["create", .. target]).Exits(0);
        else if (verb != "run") host.Run(["run", "-d", .. target]).Exits(0);
        using var command = Start(verb switch
        {
            "run" => $"run {flag} -it --name {name} $IMAGE cat",
            "start" => $"start {flag} -ai {name}",
            "attach" => $"attach {flag} {name}",
            _ => $"exec {flag} -it {name} cat",
        }, configured);
        Type("typed\n");
        // Its echo, and what cat makes of it; what is typed before the terminal is raw has an echo of its own. The last
        // one comes from the container, and leaving does not wait for it.
        Wait.Until(() => command.OutSoFar.Split("typed").Length > 2, "the echo and the answer");
        Type(keys);
        var seen = command.Finish().Out;
        Assert.Contains("typed", seen);
        Assert.Contains($"code {code}", seen);
        Assert.Equal(code == 1, seen.Contains("read escape sequence"));
        Assert.Equal("running", container.Get("State.Status"));

        void Type(string typed)
        {
            command.Input.Write(typed);
            command.Input.Flush();
        }
    }

    private Command Start(string command, string? keys)
    {
        var folder = host.NewFolder();
        if (keys is not null) File.WriteAllText(Path.Combine(folder, "config.json"), $"{{\"detachKeys\": \"{keys}\"}}");
        return host.StartTerminal($"export DOCKER_CONFIG=$FOLDER; $SKIFF {command}; echo code $?", folder);
    }
}
