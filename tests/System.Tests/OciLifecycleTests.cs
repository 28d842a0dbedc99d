using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`skiff oci`: the life of a container by the verbs of an OCI runtime.</summary>
public sealed class OciLifecycleTests(SkiffHost host)
{
    [Fact]
    public void Run_prints_ends_with_the_programs_code_and_leaves_nothing()
    {
        using var bundle = new Bundle(host).Print("hostname; exit 7");
        Assert.Equal("box\n", bundle.Run().Exits(7).Out);
        Assert.Empty(bundle.Oci("list", "-q").Text());
        Assert.Empty(Directory.GetFileSystemEntries(bundle.StateRoot));
        Assert.False(Directory.Exists(Path.Combine(HostState.CgroupRoot, "skiff-oci", bundle.Id)));
    }

    [Fact]
    public void Create_waits_for_start_and_each_step_shows_in_the_state()
    {
        using var bundle = new Bundle(host).Print("echo started; sleep 1000");
        var pidFile = bundle.NewPath("pid");
        bundle.Create("--pid-file", pidFile).Exits(0);
        Assert.Equal("created", bundle.State("status"));
        Assert.Equal(File.ReadAllText(pidFile), bundle.State("pid"));
        Assert.Empty(File.ReadAllText(bundle.Output));

        bundle.Oci("start", bundle.Id).Exits(0);
        Assert.Equal("running", bundle.State("status"));
        Wait.Until(() => File.ReadAllText(bundle.Output) == "started\n", "the program's output");

        bundle.Oci("kill", bundle.Id, "KILL").Exits(0);
        Wait.Until(() => bundle.State("status") == "stopped", "the end");
        bundle.Oci("delete", bundle.Id).Exits(0);
        bundle.Oci("state", bundle.Id).FailsClearly(1, bundle.Id, "does not exist");
    }

    [Fact]
    public void The_state_has_what_the_specification_asks_for()
    {
        using var bundle = new Bundle(host);
        bundle.Config["annotations"] = JsonNode.Parse("""{"org.example": "a \"b\""}""");
        bundle.Create().Exits(0);
        var state = JsonNode.Parse(bundle.Oci("state", bundle.Id).Text())!;
        Assert.Equal("1.0.2", (string?)state["ociVersion"]);
        Assert.Equal(bundle.Id, (string?)state["id"]);
        Assert.Equal(bundle.Folder, (string?)state["bundle"]);
        Assert.Equal("a \"b\"", (string?)state["annotations"]!["org.example"]);
    }

    [Fact]
    public void Steps_out_of_order_are_clear_errors()
    {
        using var bundle = new Bundle(host).Running();
        bundle.Create().Exits(1);
        Assert.Contains("exists", File.ReadAllText(bundle.Output + ".err"));
        bundle.Oci("start", bundle.Id).FailsClearly(1, "already running");
        bundle.Oci("delete", bundle.Id).FailsClearly(1, "not stopped");
        bundle.Oci("kill", bundle.Id, "NOSUCH").FailsClearly(1, "NOSUCH");
        bundle.Oci("resume", bundle.Id).FailsClearly(1, "not paused");
        bundle.Oci("kill", bundle.Id, "9").Exits(0);
        Wait.Until(() => bundle.State("status") == "stopped", "the end");
        bundle.Oci("kill", bundle.Id, "TERM").FailsClearly(1, "container not running");
        bundle.Oci("exec", bundle.Id, "true").FailsClearly(1, "container not running");
        bundle.Oci("start", bundle.Id).FailsClearly(1, "stopped");
        bundle.Oci("pause", bundle.Id).FailsClearly(1, "not running");
    }

    [Theory]
    [InlineData("start")]
    [InlineData("state")]
    [InlineData("kill")]
    [InlineData("delete")]
    [InlineData("exec", "true")]
    [InlineData("ps")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("update", "--pids-limit", "5")]
    [InlineData("events", "--stats")]
    public void An_unknown_container_is_named(string verb, params string[] rest)
    {
        using var bundle = new Bundle(host);
        string[] words = verb == "exec" ? ["exec", "nobody", .. rest] : [verb, .. rest, "nobody"];
        bundle.Oci(words).FailsClearly(1, "nobody", "does not exist");
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    public void A_name_that_is_no_name_is_refused(string id)
    {
        using var bundle = new Bundle(host);
        bundle.Oci("run", "--bundle", bundle.Folder, id).FailsClearly(1, "invalid container ID");
    }

    [Fact]
    public void Delete_by_force_takes_a_running_container_and_none()
    {
        using var bundle = new Bundle(host).Running();
        bundle.Oci("delete", "--force", bundle.Id).Exits(0);
        bundle.Oci("delete", "--force", bundle.Id).Exits(0);
        bundle.Oci("state", bundle.Id).FailsClearly(1, "does not exist");
    }

    [Fact]
    public void Pause_stops_every_process_until_resume()
    {
        using var bundle = new Bundle(host).Running("while :; do echo x; sleep 0.01; done");
        bundle.Oci("pause", bundle.Id).Exits(0);
        Assert.Equal("paused", bundle.State("status"));
        long length = new FileInfo(bundle.Output).Length;
        bundle.Oci("exec", bundle.Id, "true").FailsClearly(1, "paused");
        Thread.Sleep(100);
        Assert.Equal(length, new FileInfo(bundle.Output).Length);
        bundle.Oci("resume", bundle.Id).Exits(0);
        Wait.Until(() => new FileInfo(bundle.Output).Length > length, "more output");
    }

    [Fact]
    public void Kill_of_all_reaches_every_process()
    {
        using var bundle = new Bundle(host).Running("trap '' TERM; (trap 'echo child; exit' TERM; echo ready;"
            + " sleep 1000 & wait) & while :; do sleep 1; done");
        Wait.Until(() => File.ReadAllText(bundle.Output).Contains("ready"), "the child");
        bundle.Oci("kill", "--all", bundle.Id, "TERM").Exits(0);
        Wait.Until(() => File.ReadAllText(bundle.Output).Contains("child"), "the child's answer");
        Assert.Equal("running", bundle.State("status"));
    }

    [Fact]
    public void List_and_ps_tell_of_containers_and_processes()
    {
        using var bundle = new Bundle(host).Running();
        Assert.Equal(bundle.Id, bundle.Oci("list", "-q").Text());
        var row = JsonNode.Parse(bundle.Oci("list", "--format", "json").Text())![0]!;
        Assert.Equal("running", (string?)row["status"]);
        Assert.Contains(bundle.Id, bundle.Oci("list").Text());
        Assert.Equal($"[{bundle.Pid}]", bundle.Oci("ps", "--format", "json", bundle.Id).Text());
        var table = bundle.Oci("ps", bundle.Id, "-eo", "pid,args").Exits(0).Lines;
        Assert.Equal(2, table.Length);
        Assert.EndsWith("sleep 1000", table[1]);
    }

    [Fact]
    public void Events_show_what_the_container_uses()
    {
        using var bundle = new Bundle(host).Running();
        var stats = JsonNode.Parse(bundle.Oci("events", "--stats", bundle.Id).Text())!;
        Assert.Equal("stats", (string?)stats["type"]);
        Assert.Equal(bundle.Id, (string?)stats["id"]);
        Assert.Equal(1, (int)stats["data"]!["pids"]!["current"]!);
        using var follow = bundle.Start("events", "--interval", "20ms", bundle.Id);
        Wait.Until(() => follow.OutSoFar.Count(c => c == '\n') > 2, "three looks");
        bundle.Oci("kill", bundle.Id, "9").Exits(0);
        follow.Finish().Exits(0);
    }

    [Fact]
    public void A_create_that_is_killed_leaves_nothing_in_the_way()
    {
        using var bundle = new Bundle(host);
        var mark = bundle.NewPath("mark");
        bundle.Add(HooksOf(bundle), "createRuntime",
            $$"""{"path": "{{bundle.Script($"cat > {mark}; exec sleep 10")}}"}""");
        using (var create = bundle.Start("create", "--bundle", bundle.Folder, bundle.Id))
        {
            Wait.Until(() => File.Exists(mark) && File.ReadAllText(mark).Contains('}'), "the hook");
            int init = (int)JsonNode.Parse(File.ReadAllText(mark))!["pid"]!;
            create.Kill();
            Wait.Until(() => !Directory.Exists($"/proc/{init}"), "the end of the first process");
        }
        bundle.Oci("state", bundle.Id).FailsClearly(1, "does not exist");
        bundle.Config["hooks"] = null;
        Assert.Equal("again\n", bundle.Print("echo again").Run().Exits(0).Out);
    }

    [Fact]
    public void A_failed_create_leaves_nothing()
    {
        using var bundle = new Bundle(host);
        bundle.Add(bundle.Config, "mounts", """{"destination": "/x", "type": "bind", "source": "/no/such/source"}""");
        bundle.Run().FailsClearly(1, "/no/such/source", "/x");
        bundle.Config["mounts"]!.AsArray().RemoveAt(5);
        bundle.Process["args"] = new JsonArray("no-such-program");
        bundle.Run().FailsClearly(127, "no-such-program", "executable file not found in $PATH");
        Assert.Empty(Directory.GetFileSystemEntries(bundle.StateRoot));
    }

    [Theory]
    [InlineData("/etc", 126, "directory")]
    [InlineData("/no/such", 127, "no such file")]
    public void What_cannot_be_executed_is_told_by_create(string program, int code, string words)
    {
        using var bundle = new Bundle(host);
        bundle.Process["args"] = new JsonArray(program);
        bundle.Create().Exits(code);
        Assert.Contains(words, File.ReadAllText(bundle.Output + ".err"));
    }

    [Fact]
    public void What_only_execve_can_tell_is_told_by_start()
    {
        using var bundle = new Bundle(host);
        File.WriteAllText(Path.Combine(bundle.Rootfs, "bin/empty"), "no program\n");
        File.SetUnixFileMode(Path.Combine(bundle.Rootfs, "bin/empty"), (UnixFileMode)0b111_101_101);
        bundle.Process["args"] = new JsonArray("/bin/empty");
        bundle.Create().Exits(0);
        bundle.Oci("start", bundle.Id).FailsClearly(126, "/bin/empty", "ENOEXEC");
        Assert.Equal("stopped", bundle.State("status"));
    }

    [Fact]
    public void Errors_go_to_the_log_in_the_form_that_was_asked_for()
    {
        using var bundle = new Bundle(host);
        var log = bundle.NewPath("log");
        bundle.Oci("--log", log, "--log-format", "json", "start", "nobody").Exits(1);
        var line = JsonNode.Parse(File.ReadAllText(log))!;
        Assert.Equal("error", (string?)line["level"]);
        Assert.Contains("nobody", (string?)line["msg"]);
        bundle.Oci("--log", log, "start", "nobody").Exits(1);
        Assert.Contains("level=error msg=\"container \\\"nobody\\\" does not exist\"", File.ReadAllText(log));
    }

    private static JsonNode HooksOf(Bundle bundle) => bundle.Config["hooks"] ??= new JsonObject();
}
