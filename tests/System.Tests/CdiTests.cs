namespace Skiff.System.Tests;

/// <summary>Devices that files of vendors describe (`--device VENDOR/CLASS=NAME`, `--gpus`).</summary>
public sealed class CdiTests(SkiffHost host)
{
    private const string Rich = """
        {"cdiVersion": "1.1.0", "kind": "acme.com/card", "annotations": {"a": "b"},
         "containerEdits": {"env": ["COMMON=1", "PATH=/bin:/acme"], "additionalGids": [0, 4321],
            "mounts": [{"hostPath": "FOLDER", "containerPath": "/acme/lib",
                "options": ["ro", "nosuid", "nodev", "bind"]}]},
         "devices": [
            {"name": "0", "containerEdits": {"env": ["CARD=zero"], "deviceNodes": [
                {"path": "/dev/acme/card0", "hostPath": "/dev/zero", "fileMode": 416, "uid": 7, "gid": 8},
                {"path": "/dev/plain", "type": "c", "major": 1, "minor": 3},
                {"path": "/dev/pipe", "type": "p"}]}},
            {"name": "1", "containerEdits": {"env": ["CARD=one"],
                "mounts": [{"hostPath": "none", "containerPath": "/acme/mem", "type": "tmpfs",
                    "options": ["size=1m"]}]}}]}
        """;

    [Fact]
    public void A_device_brings_its_nodes_mounts_variables_and_groups()
    {
        string folder = host.NewFolder();
        File.WriteAllText(Path.Combine(folder, "library"), "code");
        string specs = Specs(("acme.json", Rich.Replace("FOLDER", folder)));
        string seen = RunWith(specs, "--device", "acme.com/card=0", "--user", "0", host.Busybox, "sh", "-c", """
            echo $COMMON $CARD; cat /acme/lib/library; echo; touch /acme/lib/x 2>&1 | grep -o Read-only
            stat -c '%F %a %u:%g %t:%T' /dev/acme/card0 /dev/plain /dev/pipe; head -c 3 /dev/acme/card0 | wc -c
            echo x > /dev/plain; id -G; grep -c /acme/mem /proc/mounts
            """).Out;
        Assert.Equal("""
            1 zero
            code
            Read-only
            character special file 640 7:8 1:5
            character special file 666 0:0 1:3
            fifo 666 0:0 0:0
            3
            0 4321
            0

            """, seen);
        // What the file says for all comes once, and the later device has the last word.
        Assert.Equal("one /acme/mem 1024", RunWith(specs, "--device=acme.com/card=0", "--device=acme.com/card=1",
            host.Busybox, "sh", "-c", "echo $CARD $(df -k /acme/mem | awk 'NR == 2 {print $6, $2}')").Text());
        // Nodes belong to whom the container runs as, unless the file names another.
        Assert.Equal("7:8 33:44", RunWith(specs, "--device=acme.com/card=0", "--user", "33:44", host.Busybox,
            "sh", "-c", "echo $(stat -c %u:%g /dev/acme/card0 /dev/plain)").Text());
    }

    [Fact]
    public void Yaml_says_the_same()
    {
        string specs = Specs(("acme.yaml", """
            # A comment.
            cdiVersion: 0.5.0
            kind: acme.com/card
            devices:
            - name: "7"
              containerEdits:
                env: [ A=1, 'B=it''s' ]
                deviceNodes:
                - path: /dev/card
                  hostPath: /dev/null
                  fileMode: 0640
                  permissions: rw
            containerEdits:
              env:
              - "C=x\ty"
            """));
        Assert.Equal("1 it's x\ty 640", RunWith(specs, "--device", "acme.com/card=7", host.Busybox, "sh", "-c",
            "echo \"$A $B $C $(stat -c %a /dev/card)\"").Text());
    }

    [Fact]
    public void A_later_directory_hides_and_two_files_of_one_directory_conflict()
    {
        string first = Specs(("a.json", Simple("acme.com/x", "d", "A=first")),
            ("b.json", Simple("acme.com/x", "e", "A=b")));
        string second = Specs(("a.json", Simple("acme.com/x", "d", "A=second")));
        Assert.Equal("second", RunWith($"{first}:{second}", "--device", "acme.com/x=d", host.Busybox, "sh", "-c",
            "echo $A").Text());
        Assert.Equal("b", RunWith($"{first}:{second}", "--device", "acme.com/x=e", host.Busybox, "sh", "-c",
            "echo $A").Text());
        File.WriteAllText(Path.Combine(second, "b.json"), Simple("acme.com/x", "d", "A=third"));
        RunWith($"{first}:{second}", "--device", "acme.com/x=d", host.Busybox, "true").FailsClearly(125,
            "CDI device injection failed: unresolvable CDI devices acme.com/x=d", "conflicting device \"acme.com/x=d\"",
            $"{second}/a.json", $"{second}/b.json");
    }

    [Fact]
    public void What_is_wrong_is_told_with_file_and_place()
    {
        string specs = Specs(("bad.json", "{\n\"kind\": }"), ("bad.yaml", "a: [\nb: {"),
            ("unknown.json", """{"cdiVersion": "0.3.0", "kind": "a.b/c", "devices": [{"name": "d", "edits": {}}]}"""));
        var result = RunWith(specs, "--device", "acme.com/card=nine", host.Busybox, "true").FailsClearly(125,
            "unresolvable CDI devices acme.com/card=nine", $"{specs}/bad.json: ", "LineNumber: 1",
            $"{specs}/bad.yaml: line",
            $"{specs}/unknown.json: devices[0].edits is no field that is known");
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Nothing_of_a_device_stays_when_it_cannot_be_had()
    {
        string specs = Specs(("a.json", """
            {"cdiVersion": "0.6.0", "kind": "a.b/c", "devices": [
                {"name": "node", "containerEdits": {"deviceNodes": [{"path": "/dev/absent-card"}]}},
                {"name": "type", "containerEdits": {"deviceNodes": [{"path": "/dev/null", "type": "b"}]}},
                {"name": "place", "containerEdits": {"deviceNodes": [{"path": "/etc/x", "hostPath": "/dev/null"}]}},
                {"name": "mount", "containerEdits": {"mounts": [{"hostPath": "/absent", "containerPath": "/x"}]}}]}
            """));
        foreach (var (name, words) in (ReadOnlySpan<(string, string)>)[
            ("node", "failed to stat CDI host device \"/dev/absent-card\""), ("type", "host type mismatch (b, c)"),
            ("place", "/etc/x in the container must be below /dev"), ("mount", "/absent")])
            RunWith(specs, "--device", $"a.b/c={name}", host.Busybox, "true").FailsClearly(125, words);
    }

    [Fact]
    public void Hooks_run_in_order_each_at_its_place()
    {
        string folder = host.NewFolder(), log = Path.Combine(folder, "log"), script = Path.Combine(folder, "hook");
        File.WriteAllText(log, "");
        File.WriteAllText(script, $$"""
            f={{log}}; [ -f $f ] || f=/log
            state=$(cat)
            bundle=$(echo $state | sed 's/.*bundle": *"//; s/".*//')
            root=$(sed 's/.*path": *"//; s/".*//' $bundle/config.json 2> /dev/null)
            status=$(echo $state | grep -o 'status": *"[a-z]*' | grep -o '[a-z]*$')
            echo $KIND $(hostname) $status $([ -n "$root" ] && [ -f $root/marker ] && echo root) >> $f
            """);
        string hooks = string.Join(',', new[] { "poststop", "poststart", "startContainer", "createContainer",
            "createRuntime", "prestart" }.Select(kind => $$"""
            {"hookName": "{{kind}}", "path": "/bin/sh", "env": ["KIND={{kind}}", "PATH=/bin:/usr/bin"], "timeout": 20,
             "args": ["sh", "-c", "h={{script}}; [ -f $h ] || h=/hook; . $h"]}
            """));
        string specs = Specs(("a.json", $$"""
            {"cdiVersion": "0.6.0", "kind": "a.b/c", "devices": [{"name": "d",
                "containerEdits": {"hooks": [{{hooks}}]} }]}
            """));
        RunWith(specs, "--device", "a.b/c=d", "--hostname", "box", "-v", $"{log}:/log", "-v", $"{log}:/marker",
            "-v", $"{script}:/hook", host.Busybox, "sh", "-c",
            "until grep -q poststart /log; do sleep 0.05; done; echo program >> /log").Exits(0);
        string name = Environment.MachineName;
        Assert.Equal([$"prestart {name} creating", $"createRuntime {name} creating",
            "createContainer box creating root", "startContainer box created", $"poststart {name} running",
            "program", $"poststop {name} stopped"], File.ReadAllLines(log).Select(line => line.TrimEnd()));
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createContainer")]
    [InlineData("startContainer")]
    [InlineData("poststart")]
    public void A_hook_that_fails_ends_the_start_and_is_named(string kind)
    {
        string specs = Specs(("a.json", $$"""
            {"cdiVersion": "0.6.0", "kind": "a.b/c", "devices": [{"name": "d", "containerEdits": {"hooks": [
                {"hookName": "{{kind}}", "path": "/bin/sh", "args": ["sh", "-c", "echo it is broken >&2; exit 3"]}]} }]}
            """));
        string name = host.NewName();
        RunWith(specs, "--name", name, "--device", "a.b/c=d", host.Busybox, "sleep", "1000").FailsClearly(125,
            $"CDI device injection failed: {kind} hook 0 (/bin/sh)", "exit code 3", "it is broken");
        Assert.Empty(host.Run("ps", "-aq", "--filter", $"name={name}").Text());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Poststop_hooks_run_though_the_monitor_was_killed_and_the_file_is_gone(bool adopted)
    {
        string log = Path.Combine(host.NewFolder(), "log");
        string specs = Specs(("a.json", $$"""
            {"cdiVersion": "0.6.0", "kind": "a.b/c", "devices": [{"name": "d", "containerEdits": {"hooks": [
                {"hookName": "poststop", "path": "/bin/sh", "env": ["K=a \"b\""], "timeout": 20,
                 "args": ["sh", "-c", "echo $K $1 $(grep -o stopped) >> {{log}}", "sh", "c"]},
                {"hookName": "poststop", "path": "/bin/false"}]} }]}
            """));
        string name = host.NewName();
        string id = host.Run("--cdi-spec-dirs", specs, "run", "-d", "--name", name, "--device", "a.b/c=d",
            host.Busybox, "sleep", "1000").Text();
        using var container = new Container(host, name, id);
        Directory.Delete(specs, recursive: true);
        int pid = container.Pid;
        container.KillMonitor();
        if (adopted) host.Run("ps").Exits(0);
        Assert.False(File.Exists(log));
        Command.Shell($"kill -9 {pid}").Exits(0);
        container.WaitFor("exited");
        // Whoever finds it out runs the hook, which may be a verb of another test.
        Wait.Until(() => File.Exists(log) && new FileInfo(log).Length > 0, "the hook");
        Assert.Equal("a \"b\" c stopped\n", File.ReadAllText(log));
    }

    [Fact]
    public void With_ids_of_its_own_a_container_owns_its_devices_and_hooks_run_as_its_root()
    {
        using var store = new Store(host, "erofs",
            new Dictionary<string, string?> { ["SKIFF_SUBIDS"] = "3000000:200000" });
        store.Run("pull", "-q", host.Busybox).Exits(0);
        string specs = Specs(("a.json", """
            {"cdiVersion": "0.6.0", "kind": "a.b/c", "devices": [{"name": "d", "containerEdits": {
                "deviceNodes": [{"path": "/dev/card", "hostPath": "/dev/zero", "uid": 5, "gid": 6}],
                "hooks": [{"hookName": "startContainer", "path": "/bin/sh", "args": ["sh", "-c", "id -u > /made"]},
                    {"hookName": "createContainer", "path": "/bin/sh", "args": ["sh", "-c", "id -u > /dev/also"]}]}},
                {"name": "far", "containerEdits": {"deviceNodes": [
                    {"path": "/dev/card", "hostPath": "/dev/zero", "uid": 70000}]} }]}
            """));
        string[] start = ["--cdi-spec-dirs", specs, "run", "--rm", "--userns", "auto"];
        Assert.Equal("5:6 3 0 0:0 0", store.Run([.. start, "--device", "a.b/c=d", host.Busybox, "sh", "-c",
            "echo $(stat -c %u:%g /dev/card) $(head -c 3 /dev/card | wc -c) "
            + "$(cat /made; stat -c %u:%g /made; cat /also)"]).Text());
        store.Run([.. start, "--device", "a.b/c=far", host.Busybox, "true"]).FailsClearly(125,
            "the owner 70000:0 of device /dev/card has no ids");
    }

    [Fact]
    public void A_network_device_moves_into_the_container()
    {
        string link = $"cdi{Environment.ProcessId % 100000}";
        Command.Run("ip", "link", "add", link, "type", "veth", "peer", "name", link + "p").Exits(0);
        Command.Run("ip", "link", "set", link + "p", "up").Exits(0);
        try
        {
            string specs = Specs(("a.json", $$"""
                {"cdiVersion": "1.1.0", "kind": "a.b/c", "devices": [{"name": "d", "containerEdits": {
                    "netDevices": [{"hostInterfaceName": "{{link}}", "name": "fast0"}]} }]}
                """));
            RunWith(specs, "--network", "host", "--device", "a.b/c=d", host.Busybox, "true").FailsClearly(125,
                "netDevices need a network namespace");
            Assert.Equal("1", RunWith(specs, "--device", "a.b/c=d", host.Busybox, "sh", "-c",
                "ip -o link show fast0 | grep -c LOWER_UP").Text());
            RunWith(specs, "--device", "a.b/c=d", host.Busybox, "true").FailsClearly(125, link);
        }
        finally
        {
            Command.Run("ip", "link", "del", link);
        }
    }

    [Fact]
    public void Gpus_are_those_that_nvidias_files_describe()
    {
        string Card(string name) => $$"""
            {"name": "{{name}}", "containerEdits": {"env": ["GPU_{{name}}=1"]} }
            """;
        string specs = Specs(("nvidia.json", $$"""
            {"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": [
                {{Card("0")}}, {{Card("1")}}, {{Card("all")}}, {{Card("x")}}]}
            """));
        string Seen(params string[] flags) => string.Join(' ',
            RunWith(specs, [.. flags, host.Busybox, "env"]).Exits(0).Lines
                .Where(line => line.StartsWith("GPU_")).Order());
        Assert.Equal("GPU_all=1", Seen("--gpus", "all"));
        Assert.Equal("GPU_0=1 GPU_1=1", Seen("--gpus", "2"));
        Assert.Equal("GPU_0=1 GPU_x=1", Seen("--gpus", "\"device=0,x\""));
        Assert.Equal("GPU_x=1", Seen("--gpus", "device=x,driver=nvidia,capabilities=utility"));
        Assert.Equal("", Seen("--gpus", "0"));
        RunWith(specs, "--gpus", "3", host.Busybox, "true").FailsClearly(125,
            "unresolvable CDI devices nvidia.com/gpu=2");
        RunWith(specs, "--gpus", "capabilities=tpu", host.Busybox, "true").FailsClearly(125,
            "could not select device driver \"\" with capabilities: [[tpu gpu]]");
        RunWith(Specs(), "--gpus", "all", host.Busybox, "true").FailsClearly(125,
            "could not select device driver \"\" with capabilities: [[gpu]]");
    }

    [Theory]
    [InlineData("some", "invalid count (some): value must be either \"all\" or an integer")]
    [InlineData("5000", "invalid count (5000)")]
    [InlineData("count=1,count=2", "gpu request key 'count' can be specified only once")]
    [InlineData("colour=red", "unexpected key 'colour' in 'colour=red'")]
    [InlineData("count=1,device=0", "cannot set both Count and DeviceIDs on device request")]
    [InlineData("options=a=b", "the key 'options' is not supported")]
    public void A_request_for_gpus_that_is_not_well_formed_is_refused(string value, string words) =>
        host.Run("create", "--gpus", value, host.Busybox).FailsClearly(125, "\"--gpus\" flag", words);

    [Fact]
    public void Info_and_inspect_show_devices()
    {
        string specs = Specs(("a.json", Simple("acme.com/x", "d", "A=1")), ("b.json", "[]"));
        var info = host.Run("--cdi-spec-dirs", specs, "info").Exits(0);
        Assert.Contains($"CDI spec directories:\n  {specs}\nDiscovered Devices:\n  cdi: acme.com/x=d\n", info.Out);
        Assert.Contains($"WARNING: CDI: {specs}/b.json: an object is wanted", info.Error);
        string name = host.NewName();
        host.Run("create", "--name", name, "--gpus", "all", "--device", "acme.com/x=d", host.Busybox, "true").Exits(0);
        Assert.Equal("""[{"Driver":"","Count":-1,"DeviceIDs":null,"Capabilities":[["gpu"]],"Options":{}},"""
            + """{"Driver":"cdi","Count":0,"DeviceIDs":["acme.com/x=d"],"Capabilities":[],"Options":{}}]""",
            host.Run("inspect", "-f", "{{json .HostConfig.DeviceRequests}}", name).Text());
        host.Run("rm", name).Exits(0);
    }

    private CommandResult RunWith(string specs, params string[] arguments) =>
        host.Run(["--cdi-spec-dirs", specs, "run", "--rm", .. arguments]);

    private static string Simple(string kind, string name, string variable) => $$"""
        {"cdiVersion": "0.6.0", "kind": "{{kind}}", "devices": [{"name": "{{name}}",
            "containerEdits": {"env": ["{{variable}}"]} }]}
        """;

    private string Specs(params (string Name, string Text)[] files)
    {
        string folder = host.NewFolder();
        foreach (var (name, text) in files) File.WriteAllText(Path.Combine(folder, name), text);
        return folder;
    }
}
