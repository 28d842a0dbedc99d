using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>What `skiff oci` refuses of a config.json, by the name of the field.</summary>
public sealed class OciSpecTests(SkiffHost host)
{
    [Theory]
    [InlineData(".ociVersion = \"2.0.0\"", "ociVersion", "2.0.0")]
    [InlineData("del(.root)", "root.path")]
    [InlineData("del(.process)", "process")]
    [InlineData(".process.args = []", "process.args")]
    [InlineData(".process.cwd = \"tmp\"", "process.cwd")]
    [InlineData(".process.user.uid = -1", "process.user.uid")]
    [InlineData(".process.user.uid = \"root\"", "process.user.uid", "Number")]
    [InlineData(".process.capabilities.bounding = [\"CAP_NOPE\"]", "process.capabilities.bounding", "CAP_NOPE")]
    [InlineData(".process.rlimits = [{type: \"RLIMIT_X\", soft: 1, hard: 1}]", "process.rlimits[0].type")]
    [InlineData(".process.rlimits = [{type: \"RLIMIT_CORE\", soft: 2, hard: 1}]", "process.rlimits[0].soft")]
    [InlineData(".process.oomScoreAdj = 5000", "process.oomScoreAdj")]
    [InlineData(".process.selinuxLabel = \"x\"", "process.selinuxLabel", "SELinux")]
    [InlineData(".process.scheduler = {policy: \"SCHED_X\"}", "process.scheduler.policy")]
    [InlineData(".process.ioPriority = {class: \"IOPRIO_CLASS_RT\", priority: 9}", "process.ioPriority.priority")]
    [InlineData(".process.apparmorProfile = \"no-such\"", "process.apparmorProfile", "AppArmor")]
    [InlineData(".mounts += [{destination: \"/proc/sys\", type: \"tmpfs\", source: \"t\"}]",
        "/proc/sys", "inside /proc")]
    [InlineData(".mounts += [{destination: \"/x\", source: \"t\"}]", "mounts[5].type")]
    [InlineData(".mounts += [{destination: \"/x\", source: \"/\", options: [\"bind\", \"nope\"]}]",
        "mounts[5].options", "nope")]
    [InlineData(".mounts += [{destination: \"/x\", type: \"tmpfs\", source: \"t\", options: [\"nope\"]}]",
        "fsconfig", "nope")]
    [InlineData(".mounts += [{destination: \"/x\", type: \"nofs\", source: \"t\"}]", "fsopen", "nofs")]
    [InlineData(".linux.namespaces += [{type: \"pid\"}]", "linux.namespaces[5].type", "twice")]
    [InlineData(".linux.namespaces += [{type: \"moon\"}]", "linux.namespaces[5].type", "moon")]
    [InlineData(".linux.namespaces -= [{type: \"mount\"}]", "linux.namespaces", "mount")]
    [InlineData(".linux.namespaces -= [{type: \"uts\"}]", "hostname", "uts")]
    [InlineData(".linux.namespaces += [{type: \"cgroup\", path: \"/no/such\"}]", "/no/such")]
    [InlineData(".linux.sysctl = {\"kernel.panic\": \"1\"}", "linux.sysctl", "kernel.panic")]
    [InlineData(".linux.sysctl = {\"net.ipv4.ip_forward\": \"1\"} | .linux.namespaces -= [{type: \"network\"}]",
        "net.ipv4.ip_forward", "separate kernel namespace")]
    [InlineData(".linux.maskedPaths = [\"etc\"]", "linux.maskedPaths")]
    [InlineData(".linux.rootfsPropagation = \"odd\"", "linux.rootfsPropagation")]
    [InlineData(".linux.mountLabel = \"x\"", "linux.mountLabel", "SELinux")]
    [InlineData(".linux.intelRdt = {closID: \"x\"}", "linux.intelRdt")]
    [InlineData(".linux.personality = {domain: \"LINUX64\"}", "linux.personality.domain")]
    [InlineData(".linux.memoryPolicy = {mode: \"MPOL_X\", nodes: \"0\"}", "linux.memoryPolicy.mode")]
    [InlineData(".linux.seccomp = {defaultAction: \"SCMP_ACT_NOTIFY\"}", "SCMP_ACT_NOTIFY")]
    [InlineData(".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"/x\"}",
        "linux.seccomp.listenerPath")]
    [InlineData(".linux.devices = [{path: \"/dev/x\", type: \"q\"}]", "linux.devices[0].type")]
    [InlineData(".linux.cgroupsPath = \"/a/../b\"", "linux.cgroupsPath")]
    [InlineData(".linux.resources = {memory: {swappiness: 5}}", "linux.resources.memory.swappiness", "cgroup v1")]
    [InlineData(".linux.resources = {memory: {kernel: 5000}}", "linux.resources.memory.kernel", "cgroup v1")]
    [InlineData(".linux.resources = {memory: {disableOOMKiller: true}}", "disableOOMKiller", "cgroup v1")]
    [InlineData(".linux.resources = {memory: {swap: 5000}}", "linux.resources.memory.swap", "memory.limit")]
    [InlineData(".linux.resources = {cpu: {realtimeRuntime: 5}}", "linux.resources.cpu.realtimeRuntime", "cgroup v1")]
    [InlineData(".linux.resources = {cpu: {shares: -4}}", "linux.resources.cpu.shares")]
    [InlineData(".linux.resources = {network: {classID: 5}}", "linux.resources.network", "cgroup v1")]
    [InlineData(".linux.resources = {unified: {\"../x\": \"1\"}}", "linux.resources.unified", "../x")]
    [InlineData(".linux.resources = {unified: {\"cgroup.procs\": \"1\"}}", "linux.resources.unified", "cgroup.procs")]
    [InlineData(".linux.resources = {devices: [{allow: true, access: \"rx\"}]}", "linux.resources.devices[0].access")]
    [InlineData(".hooks = {prestart: [{path: \"relative\"}]}", "hooks.prestart[0].path")]
    [InlineData(".hooks = {poststop: [{path: \"/x\", timeout: 0}]}", "hooks.poststop[0].timeout")]
    public void A_field_that_cannot_be_obeyed_is_refused_by_name(string change, params string[] words)
    {
        using var bundle = new Bundle(host).Print("echo ran");
        bundle.Write();
        var config = Path.Combine(bundle.Folder, "config.json");
        var changed = Command.Run("jq", change, config).Text();
        File.WriteAllText(config, changed);
        var result = Command.Run(host.Binary, "oci", "--root", bundle.StateRoot, "run", "--bundle", bundle.Folder,
            bundle.Id);
        result.FailsClearly(1, words);
        Assert.Empty(result.Out);
    }

    [Fact]
    public void A_field_that_nobody_knows_is_ignored_and_noted()
    {
        using var bundle = new Bundle(host).Print("echo ran");
        bundle.Process["novelty"] = 5;
        var result = bundle.Run().Exits(0);
        Assert.Equal("ran\n", result.Out);
        Assert.Contains("process.novelty", result.Error);
    }

    [Fact]
    public void Values_that_stand_for_nothing_are_none()
    {
        using var bundle = new Bundle(host).Print("echo ran");
        bundle.Process["selinuxLabel"] = "";
        bundle.Linux["mountLabel"] = null;
        bundle.Linux["resources"] = JsonNode.Parse("""
            {"memory": {"swappiness": 0, "disableOOMKiller": false, "limit": 0}, "cpu": {"shares": 0},
             "network": {}, "blockIO": {"weight": 0}, "devices": null}
            """);
        Assert.Equal("ran\n", bundle.Run().Exits(0).Out);
    }

    [Fact]
    public void Devices_are_open_as_the_rules_say()
    {
        using var bundle = new Bundle(host).Print(
            "mknod /tmp/k c 10 237; head -c 0 /dev/null && echo null; head -c 0 /tmp/k && echo loop");
        bundle.Process["capabilities"]!["bounding"]!.AsArray().Add("CAP_MKNOD");
        bundle.Process["capabilities"]!["effective"]!.AsArray().Add("CAP_MKNOD");
        bundle.Process["capabilities"]!["permitted"]!.AsArray().Add("CAP_MKNOD");
        Assert.Equal("null\n", bundle.Run().Out);
        bundle.Linux["resources"] = JsonNode.Parse("""
            {"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 237}]}
            """);
        bundle.RenewRoot();
        Assert.Equal("null\nloop\n", bundle.Run().Out);
    }

    [Fact]
    public void The_sample_configuration_runs()
    {
        using var bundle = new Bundle(host);
        var folder = host.NewFolder();
        bundle.Oci("spec", "--bundle", folder).Exits(0);
        bundle.Oci("spec", "--bundle", folder).FailsClearly(1, "there already");
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("hostname");
        config["root"]!["path"] = bundle.Rootfs;
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        Assert.Equal("skiff\n", bundle.Oci("run", "--bundle", folder, bundle.Id).Exits(0).Out);
    }

    [Fact]
    public void Features_tell_versions_and_abilities()
    {
        using var bundle = new Bundle(host);
        var features = JsonNode.Parse(bundle.Oci("features").Text())!;
        Assert.Equal("1.3.0", (string?)features["ociVersionMax"]);
        Assert.Contains("rro", features["mountOptions"]!.AsArray().Select(option => (string?)option));
        Assert.Equal(8, features["linux"]!["namespaces"]!.AsArray().Count);
        Assert.False((bool)features["linux"]!["cgroup"]!["v1"]!);
    }

    [Theory]
    [InlineData("--rootless=true state x", "rootless")]
    [InlineData("--log-format xml state x", "log-format")]
    [InlineData("checkpoint x", "checkpoint")]
    [InlineData("launch x", "launch")]
    [InlineData("run --no-pivot x", "no-pivot")]
    [InlineData("run --preserve-fds -1 x", "preserve-fds")]
    [InlineData("run --bundle /no/such x", "/no/such/config.json")]
    [InlineData("exec --cgroup / x true", "cgroup")]
    [InlineData("events --interval 0s x", "interval")]
    [InlineData("update x", "nothing to change")]
    [InlineData("update --cpu-share many x", "cpu-share")]
    [InlineData("update --cpuset-cpus a x", "cpuset-cpus")]
    [InlineData("list --format xml", "format")]
    public void An_option_that_cannot_be_obeyed_is_refused_by_name(string line, string word)
    {
        using var bundle = new Bundle(host);
        bundle.Oci(line.Split(' ')).FailsClearly(1, word);
    }

    [Fact]
    public void Called_by_its_own_name_it_is_a_runtime_and_nothing_else()
    {
        var link = Path.Combine(host.NewFolder(), "skiff-runtime");
        File.CreateSymbolicLink(link, host.Binary);
        Assert.StartsWith("skiff-runtime version", Command.Run(link, "--version").Text());
        Command.Run(link, "images").FailsClearly(1, "images");
        var root = Path.Combine(host.NewFolder(), "state");
        Assert.Equal("null", Command.Run(link, "--root", root, "list", "--format", "json").Text());
    }

    [Fact]
    public void The_cgroup_is_where_the_path_says()
    {
        using var bundle = new Bundle(host);
        var name = bundle.Id;
        bundle.Linux["cgroupsPath"] = $"/{name}-a/b";
        bundle.Running();
        Assert.Equal($"0::/{name}-a/b", CgroupOf(bundle));
        bundle.Oci("delete", "-f", name).Exits(0);
        Directory.Delete(Path.Combine(HostState.CgroupRoot, $"{name}-a"));

        bundle.Linux["cgroupsPath"] = $"{name}-x.slice:pre:{name}";
        bundle.Write();
        Command.Shell("out=$1; shift; exec \"$@\" < /dev/null > $out 2>&1", bundle.Output, host.Binary, "oci",
            "--root", bundle.StateRoot, "--systemd-cgroup", "create", "--bundle", bundle.Folder, name).Exits(0);
        Assert.Equal($"0::/oci.slice/{name}.slice/{name}-x.slice/pre-{name}.scope", CgroupOf(bundle));
        bundle.Oci("delete", "-f", name).Exits(0);
        Command.Shell($"cd {HostState.CgroupRoot}/oci.slice && rmdir {name}.slice/{name}-x.slice {name}.slice && "
            + "rmdir ../oci.slice").Exits(0);
    }

    private static string CgroupOf(Bundle bundle) =>
        File.ReadAllLines($"/proc/{bundle.Pid}/cgroup").First(line => line.StartsWith("0::"));
}
