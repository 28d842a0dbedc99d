using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Hooks of `skiff oci`: their order, their place, and what their failure does.</summary>
public sealed class OciHookTests(SkiffHost host)
{
    private static readonly string[] s_kinds =
        ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    [Fact]
    public void Hooks_run_in_the_order_of_the_specification_with_the_state_on_stdin()
    {
        using var bundle = new Bundle(host);
        var log = Path.Combine(bundle.Folder, "hooks");
        Directory.CreateDirectory(log);
        bundle.Add(bundle.Config, "mounts",
            $$"""{"destination": "/log", "type": "bind", "source": "{{log}}", "options": ["bind"]}""");
        foreach (var kind in s_kinds)
            AddHook(bundle, kind, $"d={log}; [ -d $d ] || d=/log; echo {kind} $* $K $(cat) >> $d/all");
        bundle.Print("echo program >> /log/all").Run().Exits(0);
        var lines = File.ReadAllLines(Path.Combine(log, "all"));
        Assert.Equal([.. s_kinds[..4], "program", .. s_kinds[4..]], Ordered(lines));
        foreach (var line in lines.Where(line => line != "program"))
        {
            Assert.Contains(" argument value {", line);
            var state = JsonNode.Parse(line[line.IndexOf('{')..])!;
            Assert.Equal(bundle.Id, (string?)state["id"]);
            Assert.Equal(bundle.Folder, (string?)state["bundle"]);
            Assert.Equal(StatusOf(line.Split(' ')[0]), (string?)state["status"]);
        }
    }

    [Fact]
    public void Each_hook_runs_where_it_belongs()
    {
        using var bundle = new Bundle(host).Print("true");
        var log = bundle.NewPath("log");
        File.WriteAllText(log, "");
        bundle.Add(bundle.Config, "mounts",
            $$"""{"destination": "/log", "type": "bind", "source": "{{log}}", "options": ["bind"]}""");
        foreach (var kind in s_kinds)
            AddHook(bundle, kind, $"f={log}; [ -f $f ] || f=/log; echo {kind} $(hostname) "
                + $"$([ -e {bundle.Rootfs}/dev/null ] && echo mounted) "
                + "$([ -e /etc/debian_version ] && echo host) >> $f");
        bundle.Run().Exits(0);
        string name = Environment.MachineName;
        Assert.Equal(
            [$"createContainer box mounted host", $"createRuntime {name} host", $"poststart {name} host",
                $"poststop {name} host", $"prestart {name} host", "startContainer box"],
            File.ReadAllLines(log).Select(line => string.Join(' ', line.Split(' ',
                StringSplitOptions.RemoveEmptyEntries))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    [InlineData("startContainer")]
    [InlineData("poststart")]
    public void A_hook_that_fails_ends_the_container_and_is_named(string kind)
    {
        using var bundle = new Bundle(host).Print("sleep 1000");
        AddHook(bundle, kind, "echo it is broken >&2; exit 3");
        bundle.Run("--detach").FailsClearly(1, kind, "exit code 3", "it is broken");
        Assert.Empty(bundle.Oci("list", "-q").Text());
    }

    [Fact]
    public void A_poststop_hook_that_fails_is_noted_and_the_container_goes()
    {
        using var bundle = new Bundle(host);
        AddHook(bundle, "poststop", "exit 3");
        Assert.Contains("poststop hook 0", bundle.Run().Exits(0).Error);
        Assert.Empty(bundle.Oci("list", "-q").Text());
    }

    [Fact]
    public void All_hooks_of_a_kind_run_in_order_also_when_a_container_that_runs_is_deleted()
    {
        using var bundle = new Bundle(host);
        var log = bundle.NewPath("log");
        foreach (var number in (string[])["1", "2", "3"])
            AddHook(bundle, "poststop", $"echo {number} $(grep -o stopped) >> {log}");
        bundle.Running();
        bundle.Oci("delete", "--force", bundle.Id).Exits(0);
        Assert.Equal(["1 stopped", "2 stopped", "3 stopped"], File.ReadAllLines(log));
    }

    [Fact]
    public void A_hook_that_takes_too_long_is_ended()
    {
        using var bundle = new Bundle(host);
        AddHook(bundle, "createRuntime", "exec sleep 1000", ", \"timeout\": 1");
        bundle.Run().FailsClearly(1, "createRuntime", "timeout of 1 s");
    }

    private static void AddHook(Bundle bundle, string kind, string script, string more = "")
    {
        bundle.Config["hooks"] ??= new JsonObject();
        var path = bundle.Script(script);
        // Inside, the hook's path is the container's.
        if (kind == "startContainer")
        {
            File.Copy(path, Path.Combine(bundle.Rootfs, "hook"), overwrite: true);
            path = "/hook";
        }
        bundle.Add(bundle.Config["hooks"]!, kind, $$"""
            {"path": "{{path}}", "args": ["hook", "argument"],
             "env": ["K=value", "PATH=/usr/bin:/bin"]{{more}}}
            """);
    }

    // The program and poststart run at the same time.
    private static IEnumerable<string> Ordered(string[] lines)
    {
        var words = lines.Select(line => line.Split(' ')[0]).ToList();
        if (words.IndexOf("program") == 5) (words[4], words[5]) = (words[5], words[4]);
        return words;
    }

    private static string StatusOf(string kind) => kind switch
    {
        "startContainer" => "created",
        "poststart" => "running",
        "poststop" => "stopped",
        _ => "creating",
    };
}
