using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>Flags of `ps`, and what `port`, `rename`, `kill` and `wait` refuse, as docker 28 has it.</summary>
public sealed class PsTests(SkiffHost host) : IDisposable
{
    private readonly List<Container> _containers = [];

    [Fact]
    public void Filters_choose_by_state_image_order_ports_mounts_and_names()
    {
        var (label, volume) = ($"ps-test={host.NewName()}", host.NewName("v"));
        var (one, two, three) = (Make(label, "-p", "0:80", "--expose", "90", "-v", $"{volume}:/data"),
            Make(label, "--health-cmd", "true", "--health-interval", "1h"), Make(label, "--network", "none"));
        host.Run("kill", three).Exits(0);
        var port = host.Run("port", one, "80").Text().Split(':')[^1];
        (string Filters, string Names)[] rows =
        [
            ("status=running", $"{one} {two}"), ("status=exited", three), ("status=running status=exited",
                $"{one} {two} {three}"),
            ("exited=137", three), ("exited=0", ""), ($"before={two}", one), ($"since={two}", three),
            ($"since={one} status=running", two), ($"ancestor={host.Busybox}", $"{one} {two} {three}"),
            ("ancestor=nothing", ""), ("network=none", three), ("network=bridge", $"{one} {two}"),
            ($"volume={volume}", one), ("volume=/data", one), ($"publish={port}", one), ("publish=1-2/tcp", ""),
            ("expose=80", one), ("expose=90/tcp", one), ("expose=80/udp", ""), ("health=none", $"{one} {three}"),
            ("health=starting health=healthy", two), ("is-task=false", $"{one} {two} {three}"), ("is-task=true", ""),
            ($"name=^{one}$", one), ($"name=/{one}", one), ($"name={one[1..]}", one), ($"name=^{one[1..]}", ""),
            ($"name=^{one[0]}.*{one[1..]}$", one), ($"label={label.Split('=')[0]}", $"{one} {two} {three}"),
        ];
        foreach (var (filters, names) in rows)
        {
            var found = host.Run(["ps", "-a", "--format", "{{.Names}}", "--filter", $"label={label}",
                .. filters.Split(' ').SelectMany(filter => new[] { "-f", filter })]).Exits(0).Out;
            Assert.True(names == string.Join(' ', found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse()),
                $"{filters}: {names} expected, {found} found");
        }
    }

    [Theory]
    [InlineData("exited=x", "invalid filter 'exited=x': strconv.Atoi")]
    [InlineData("status=bad", "invalid value for state (bad): must be one of created, running, paused, restarting")]
    [InlineData("health=bad", "invalid value for health (bad): must be one of none, starting, healthy, unhealthy")]
    [InlineData("since=nobody", "No such container: nobody")]
    [InlineData("publish=x", "error while looking up for publish x")]
    [InlineData("is-task=x", "invalid filter 'is-task=[x]'")]
    [InlineData("color=red", "invalid filter 'color'")]
    public void Filters_that_make_no_sense_are_refused(string filter, string error) =>
        host.Run("ps", "-a", "--filter", filter).FailsClearly(1, error);

    [Fact]
    public void Sizes_mounts_and_the_last_containers_are_shown_on_demand()
    {
        var label = $"ps-test={host.NewName()}";
        var (one, two) = (Make(label, "-v", "/anonymous", "-v", host.NewName("v") + ":/v"), Make(label));
        host.Run("exec", two, "dd", "if=/dev/zero", "of=/f", "bs=1M", "count=2").Exits(0);
        host.Run("kill", two).Exits(0);
        string[] ps = ["ps", "--filter", $"label={label}"];
        Assert.Matches(@"NAMES +SIZE$", host.Run([.. ps, "-a", "-s"]).Exits(0).Lines[0]);
        Assert.Matches(@"^2\.1\d?MB \(virtual [\d.]+MB\)$", host.Run([.. ps, "-a", "--format", "{{.Size}}"]).Lines[0]);
        Assert.Equal(two, host.Run([.. ps, "-n", "1", "--format", "{{.Names}}"]).Text());
        Assert.Equal(two, host.Run([.. ps, "--latest", "--format", "{{.Names}}"]).Text());
        Assert.Equal(2, host.Run([.. ps, "--last", "5", "-q"]).Lines.Length);
        Assert.Equal(one, host.Run([.. ps, "-n", "-1", "--format", "{{.Names}}"]).Text());
        host.Run([.. ps, "-n", "x"]).FailsClearly(125, "invalid argument \"x\" for \"-n, --last\" flag");
        var row = JsonNode.Parse(host.Run([.. ps, "--format", "json"]).Text())!;
        Assert.Equal(("2", "bridge", "0B"),
            ((string)row["LocalVolumes"]!, (string)row["Networks"]!, (string)row["Size"]!));
        Assert.Matches("^[0-9a-z-]{1,14}…,[0-9a-z-]{1,15}$", (string)row["Mounts"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$", (string)row["CreatedAt"]!);
    }

    [Fact]
    public void Port_rename_kill_and_wait_refuse_in_Dockers_words()
    {
        var label = $"ps-test={host.NewName()}";
        var (one, two) = (Make(label, "-p", "0:80"), Make(label));
        host.Run("port", one, "81").FailsClearly(1, $"No public port '81' published for {one}");
        host.Run("port", one, "abc").FailsClearly(1, "invalid port (abc)");
        Assert.Equal("", host.Run("port", two).Exits(0).Out);
        host.Run("rename", one, two).FailsClearly(1, $"The container name \"/{two}\" is already in use by container");
        host.Run("rename", one, one).FailsClearly(1, "Renaming a container with the same name as its current name");
        host.Run("rename", one, "").FailsClearly(1, "Neither old nor new names may be empty");
        host.Run("rename", one, "a b").FailsClearly(1, "Invalid container name (a b)");
        host.Run("kill", "-s", "FOO", one).FailsClearly(1, $"cannot kill container: {one}: invalid signal: FOO");
        host.Run("kill", "-s", "0", one).FailsClearly(1, "invalid signal: 0");
        foreach (var signal in (string[])["usr1", "SIGUSR2", "10", "RTMIN+3", "sigrtmax-1"])
            host.Run("kill", "--signal", signal, two).Exits(0);
        host.Run("kill", "-s", "", one).Exits(0);
        using (var waiting = host.Start("wait", one, two, "nobody"))
        {
            host.Run("kill", two).Exits(0);
            var waited = waiting.Finish();
            Assert.Equal("137\n137\n", waited.Exits(1).Out);
            Assert.Contains("No such container: nobody", waited.Error);
        }
    }

    public void Dispose()
    {
        foreach (var container in _containers) container.Dispose();
    }

    private string Make(string label, params string[] options)
    {
        var container = host.Detached(["--label", label, .. options, host.Busybox, "sleep", "1000"]);
        _containers.Add(container);
        return container.Name;
    }
}
