namespace Skiff.System.Tests;

/// <summary>Debian's dockerd, containerd and podman run containers through skiff-runtime.</summary>
public sealed class OciEngineTests : IClassFixture<EngineSession>, IDisposable
{
    private const string Image = "oci-test";
    private static int s_names;

    private readonly EngineSession _engines;
    private readonly string _name = $"c{Interlocked.Increment(ref s_names)}";

    public OciEngineTests(SkiffHost host, EngineSession engines)
    {
        _engines = engines;
        using var bundle = new Bundle(host);
        if (engines.Run("docker", "image", "inspect", Image).ExitCode == 0) return;
        Shell($"tar -C {bundle.Rootfs} -cf $D/root.tar . && docker import $D/root.tar {Image}").Exits(0);
        Shell($"podman import $D/root.tar {Image}").Exits(0);
        Shell($"docker save {Image} -o $D/image.tar && ctr images import $D/image.tar").Exits(0);
    }

    [Fact]
    public void Docker_runs_executes_stops_and_removes()
    {
        Assert.Equal("0 3\n00000000a80425fb 2\n", Shell($"docker run --rm --network none {Image} sh -c \""
            + "echo \\$(id -u) \\$(ls /proc/self/fd | grep -vc 3); grep -E 'CapEff|Seccomp:' /proc/self/status |"
            + " cut -f2 | tr '\\n' ' ' | sed 's/ $//'; echo\"").Exits(0).Out);
        Shell($"docker run -d --name {_name} --network none {Image} sleep 1000").Exits(0);
        Assert.Equal("skiff", Docker("inspect", "-f", "{{.HostConfig.Runtime}}"));
        Assert.Equal("1000 /tmp", Shell($"docker exec -u 1000 -w /tmp {_name} sh -c 'echo $(id -u) $(pwd)'").Text());
        Assert.Contains("sleep 1000", Shell($"docker top {_name}").Exits(0).Out);
        Shell($"docker pause {_name}").Exits(0);
        Assert.Equal("paused", Docker("inspect", "-f", "{{.State.Status}}"));
        Shell($"docker unpause {_name} && docker stop -t 1 {_name}").Exits(0);
        Assert.Equal("exited 137", Docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}"));
        Shell($"docker start {_name} && docker rm -f {_name}").Exits(0);
        AssertNothingLeft();
    }

    [Fact]
    public void Docker_tells_why_a_program_does_not_run()
    {
        Shell($"docker run --rm --network none {Image} no-such").Exits(127);
        Shell($"docker run --rm --network none {Image} /etc").Exits(126);
        AssertNothingLeft();
    }

    [Fact]
    public void Docker_has_terminals_input_init_and_mounts()
    {
        Assert.Contains("/dev/pts/0", OnTerminal($"docker run --rm --network none -it {Image} tty").Exits(0).Out);
        Assert.Equal("typed\n", Shell($"echo typed | docker run --rm --network none -i {Image} cat").Exits(0).Out);
        Assert.Contains("docker-init", Shell($"docker run --rm --network none --init {Image} ps").Exits(0).Out);
        Assert.Equal("/a/b\nread-only\nx\n", Shell($"docker run --rm --network none --read-only -w /a/b -v $D:/v:ro "
            + $"--tmpfs /x --ulimit nofile=99 {Image} sh -c "
            + "'pwd; touch /v/y || touch /y || echo read-only; touch /x/x && ls /x' 2> /dev/null").Exits(0).Out);
        Shell($"docker run --rm --network none --privileged {Image} sh -c '[ $(ls /dev | wc -l) -gt 40 ]'").Exits(0);
        AssertNothingLeft();
    }

    [Fact]
    public void Containerd_runs_executes_kills_and_deletes()
    {
        const string run = "ctr run --runc-binary $D/bin/skiff-runtime";
        const string image = $"docker.io/library/{Image}:latest";
        Assert.Equal("0\n", Shell($"{run} --rm {image} {_name}r id -u").Exits(0).Out);
        Shell($"{run} -d {image} {_name} sleep 1000").Exits(0);
        Assert.Equal("in", Shell($"ctr task exec --exec-id e {_name} echo in").Text());
        Assert.Contains("RUNNING", Shell("ctr task ls").Text());
        Shell($"ctr task pause {_name} && ctr task resume {_name} && ctr task metrics {_name}").Exits(0);
        Shell($"ctr task kill -s SIGKILL {_name}").Exits(0);
        Wait.Until(() => Shell("ctr task ls").Text().Contains("STOPPED"), "the end of the task");
        Shell($"ctr task delete {_name}; ctr container delete {_name}").Exits(0);
        var failed = Shell($"{run} --rm {image} {_name}f no-such");
        Assert.Contains("executable file not found in $PATH", failed.Error);
        Shell("[ -z \"$(ls -A /run/containerd/runc/default)\" ]").Exits(0);
    }

    [Fact]
    public void Podman_runs_executes_stops_and_removes()
    {
        Assert.Equal("0 000", Shell($"podman run --rm {Image} sh -c 'echo $(id -u) $(grep CapEff /proc/self/status |"
            + " cut -f2 | cut -c1-3)'").Text());
        Assert.Equal("7", $"{Shell($"podman run --rm -u 1000 {Image} sh -c 'exit 7'").ExitCode}");
        Shell($"podman run -d --name {_name} {Image} sleep 1000").Exits(0);
        Assert.Equal("in 1000", Shell($"podman exec -u 1000 {_name} sh -c 'echo in $(id -u)'").Text());
        Shell($"podman pause {_name} && podman unpause {_name} && podman stop -t 1 {_name}").Exits(0);
        Assert.Equal("exited 137 skiff", Shell($"podman inspect -f "
            + $"'{{{{.State.Status}}}} {{{{.State.ExitCode}}}} {{{{.OCIRuntime}}}}' {_name}").Text());
        Shell($"podman start {_name} && podman rm -f -t 0 {_name}").Exits(0);
        Shell($"podman run --rm {Image} no-such").Exits(127);
        Shell($"podman run --rm {Image} /etc").Exits(126);
        Assert.Contains("/dev/pts/0", OnTerminal($"podman run --rm -it {Image} tty").Exits(0).Out);
        Assert.Equal("typed\n", Shell($"echo typed | podman run --rm -i {Image} cat").Exits(0).Out);
        Assert.Equal("r\n", Shell($"podman run --rm --read-only --tmpfs /x {Image} sh -c 'touch /x/r; ls /x; touch /y'"
            + " 2> /dev/null").Out);
    }

    public void Dispose() => Shell($"docker rm -f {_name}; podman rm -f -t 0 {_name}; true");

    private string Docker(params string[] arguments) =>
        _engines.Run(["docker", .. arguments, _name]).Text();

    private CommandResult Shell(string script) =>
        _engines.Run("bash", "-c", $"D={_engines.Folder}; {script}");

    // At the end of its input script(1) types a ^D; when that comes before podman has made the terminal raw, podman
    // shows nothing of the container's output, though its log has all. So this input has no end.
    private CommandResult OnTerminal(string command) => Shell(
        $"[ -p $D/endless ] || mkfifo $D/endless; script -qec '{command}' /dev/null <> $D/endless");

    // What a runtime can leave: its state, and cgroups.
    private void AssertNothingLeft() => Wait.Until(
        () => Shell("find /run/docker/runtime-runc/moby /sys/fs/cgroup/docker -mindepth 1 -type d").Out.Length == 0,
        "docker's containers to be gone");
}
