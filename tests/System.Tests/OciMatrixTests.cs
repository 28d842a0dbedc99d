using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Fields of config.json under `skiff oci run` and under crun.</summary>
public sealed class OciMatrixTests(SkiffHost host, EngineSession engines) : IClassFixture<EngineSession>
{
    private static readonly string[] s_runtimes =
        ["crun --cgroup-manager=disabled --root $1/crun", "skiff-runtime --root $1/state"];

    [Theory]
    [MemberData(nameof(OciMatrixRows.All), MemberType = typeof(OciMatrixRows))]
    public void A_container_is_as_under_crun(string name, string change, string script)
    {
        using var bundle = new Bundle(host).Print(script);
        bundle.Write();
        var config = Path.Combine(bundle.Folder, "config.json");
        var changed = Command.Run("jq", change, config).Text();
        string[] seen = [.. s_runtimes.Select(runtime => Under(runtime, changed))];
        Assert.True(seen[0] == seen[1], $"{name}: crun:\n{seen[0]}\nskiff:\n{seen[1]}");
        Assert.Contains("0\n", seen[1][^2..]);

        string Under(string runtime, string text)
        {
            bundle.RenewRoot();
            File.WriteAllText(config, text);
            var result = engines.Run("sh", "-c", $"cd $1 && {runtime} run x 2>&1; echo $?", "sh", bundle.Folder);
            return result.Text() + "\n";
        }
    }

    [Fact]
    public void What_crun_of_Debian_does_not_have_is_as_the_kernel_shows_it()
    {
        using var bundle = new Bundle(host);
        bundle.Linux["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type": "time"}"""));
        bundle.Linux["timeOffsets"] = JsonNode.Parse("""{"boottime": {"secs": 5000000}, "monotonic": {"secs": 7}}""");
        bundle.Process["ioPriority"] = JsonNode.Parse("""{"class": "IOPRIO_CLASS_IDLE", "priority": 0}""");
        bundle.Process["scheduler"] = JsonNode.Parse("""{"policy": "SCHED_BATCH", "nice": 3}""");
        bundle.Linux["memoryPolicy"] = JsonNode.Parse("""{"mode": "MPOL_BIND", "nodes": "0"}""");
        bundle.Print("cat /proc/self/timens_offsets | tr -s ' '; cut -d. -f1 /proc/uptime; ionice; "
            + "cut -d' ' -f19,41 /proc/self/stat; grep -m1 -o bind:0 /proc/self/numa_maps");
        var lines = bundle.Run().Exits(0).Lines;
        Assert.Equal(["monotonic 7 0", "boottime 5000000 0"], lines[..2].Select(line => line.Trim()));
        Assert.True(long.Parse(lines[2]) > 5000000);
        Assert.Equal("idle", lines[3].Split(':')[0].Trim());
        Assert.Equal("3 3", lines[4]);
        Assert.Equal("bind:0", lines[5]);
    }

    // crun covers the path alone.
    [Fact]
    public void Paths_that_are_read_only_are_so_with_the_mounts_below()
    {
        using var bundle = new Bundle(host).Print("touch /tmp/sub/x 2>/dev/null || echo refused");
        bundle.Add(bundle.Config, "mounts",
            """{"destination": "/tmp/sub", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]}""");
        bundle.Add(bundle.Linux, "readonlyPaths", "\"/tmp\"");
        Assert.Equal("refused", bundle.Run().Text());
    }

    [Fact]
    public void Mounts_show_the_ids_that_they_are_mapped_to()
    {
        using var bundle = new Bundle(host).Print("stat -c '%u %g' /m");
        var source = bundle.NewPath("source");
        Directory.CreateDirectory(source);
        Command.Run("chown", "1000:1001", source).Exits(0);
        bundle.Add(bundle.Config, "mounts", $$"""
            {"destination": "/m", "type": "bind", "source": "{{source}}", "options": ["bind", "idmap"],
             "uidMappings": [{"containerID": 1000, "hostID": 5, "size": 1}],
             "gidMappings": [{"containerID": 1001, "hostID": 6, "size": 1}]}
            """);
        Assert.Equal("5 6", bundle.Run().Text());
    }

    [Fact]
    public void Network_devices_move_with_their_addresses()
    {
        var name = $"oci{Environment.ProcessId % 100000}";
        using var bundle = new Bundle(host).Print(
            "ip -o -4 addr show eth7 | tr -s ' ' | cut -d' ' -f2-4; ip link show eth7");
        bundle.Linux["netDevices"] = JsonNode.Parse($$$"""{"{{{name}}}": {"name": "eth7"}}""");
        bundle.Run().FailsClearly(1, "netDevices", name);
        Command.Shell($"ip link add {name} type veth peer {name}p && ip addr add 192.0.2.77/28 dev {name}").Exits(0);
        var seen = bundle.Run().Exits(0).Out;
        Assert.StartsWith("eth7 inet 192.0.2.77/28\n", seen);
        Assert.Contains(",UP", seen);
        Command.Run("ip", "link", "show", name).Exits(1);
    }
}
