using System.Net;
using System.Net.Sockets;

namespace Skiff.System.Tests;

/// <summary>Wrong input: one clear error, the right exit code, nothing left behind. Alone, because it counts.</summary>
[Collection(Alone.Name)]
public sealed class BadInputTests(SkiffHost host)
{
    [Theory]
    [InlineData(125, "no-such-image", "run", "--rm", "{registry}/no-such-image:latest", "true")]
    [InlineData(1, "no-such-image", "pull", "{registry}/no-such-image:latest")]
    [InlineData(1, "no-such-tag", "pull", "{registry}/busybox:no-such-tag")]
    [InlineData(125, "127.0.0.1:1", "run", "--rm", "127.0.0.1:1/busybox", "true")]
    [InlineData(1, "refused", "pull", "127.0.0.1:1/busybox")]
    [InlineData(1, "sha256:", "pull", "{registry}/probe:broken")]
    [InlineData(125, "sha256:", "run", "--rm", "{registry}/probe:broken", "true")]
    [InlineData(1, "0000", "pull",
        "{registry}/busybox@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(1, "invalid reference", "pull", "UPPER/Case::x")]
    [InlineData(127, "no-such-command", "run", "--rm", "{busybox}", "no-such-command")]
    [InlineData(125, "--no-such-flag", "run", "--no-such-flag", "{busybox}", "true")]
    [InlineData(125, "--memory", "run", "--memory", "lots", "{busybox}", "true")]
    [InlineData(125, "99999", "run", "-p", "99999:80", "{busybox}", "true")]
    [InlineData(125, "network", "run", "--network", "no-such-network", "{busybox}", "true")]
    [InlineData(125, "container", "run", "--network", "container:no-such-container", "{busybox}", "true")]
    [InlineData(125, "invalid", "run", "--name", "bad name!", "{busybox}", "true")]
    [InlineData(125, "/no/such/folder", "run", "--mount", "type=bind,source=/no/such/folder,target=/x",
        "{busybox}", "true")]
    [InlineData(125, "NO_SUCH_CAP", "run", "--cap-add", "NO_SUCH_CAP", "{busybox}", "true")]
    [InlineData(125, "NOSUCHSIGNAL", "run", "--stop-signal", "NOSUCHSIGNAL", "{busybox}", "true")]
    [InlineData(1, "No such container", "start", "no-such-container")]
    [InlineData(1, "No such container", "stop", "no-such-container")]
    [InlineData(1, "No such container", "kill", "no-such-container")]
    [InlineData(1, "No such container", "rm", "no-such-container")]
    [InlineData(1, "No such container", "logs", "no-such-container")]
    [InlineData(1, "No such container", "attach", "no-such-container")]
    [InlineData(1, "no-such-volume", "volume", "rm", "no-such-volume")]
    [InlineData(1, "no-such-verb", "no-such-verb")]
    public void Wrong_input_is_one_clear_error_and_leaves_nothing(int code, string word, params string[] arguments)
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        var before = HostState.Capture(host);
        host.Run([.. arguments.Select(Fill)]).FailsClearly(code, word);
        before.AssertNothingLeft(host);
    }

    [Fact]
    public void Name_in_use_is_refused_and_the_owner_goes_on()
    {
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        var before = HostState.Capture(host);
        host.Run("run", "--name", container.Name, host.Busybox, "true").FailsClearly(125, container.Name, "in use");
        host.Run("create", "--name", container.Name, host.Busybox, "true").FailsClearly(1, container.Name, "in use");
        before.AssertNothingLeft(host);
        Assert.Equal("running", container.Get("State.Status"));
    }

    [Fact]
    public void Port_in_use_by_a_program_or_a_container_is_refused()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var other = NetworkTests.FreePort();
        using var container = host.Detached("-p", $"{other}:80", host.Busybox, "sleep", "1000");
        var before = HostState.Capture(host);
        host.Run("run", "--rm", "-p", $"{port}:80", host.Busybox, "true").FailsClearly(125, $"{port}");
        host.Run("run", "--rm", "-p", $"{other}:80", host.Busybox, "true").FailsClearly(125, $"{other}");
        before.AssertNothingLeft(host);
    }

    [Fact]
    public void Without_root_the_error_says_so()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        var before = HostState.Capture(host);
        var folder = Directory.CreateTempSubdirectory("skiff-user-").FullName;
        // The binary is copied: its folder may not be open to others.
        Command.Shell("cp $1 $2/skiff && mkdir -m 700 $2/xdg && chown -R 65534:65534 $2", host.Binary, folder).Exits(0);
        RunAsNobody("/root", "--root", $"{folder}/root", "--run-root", $"{folder}/run", "run", "--rm", host.Busybox,
            "true").FailsClearly(125, "root");
        // What holds the user's namespace stays until it is released.
        var holder = File.ReadAllText($"{folder}/xdg/skiff/userns").Split(' ')[0];
        RunAsNobody(folder, "system", "release").Exits(0);
        Wait.Until(() => !File.Exists($"/proc/{holder}/status")
            || File.ReadAllText($"/proc/{holder}/status").Contains("State:\tZ"), "it has ended");
        Assert.False(Directory.Exists($"{folder}/root/containers") && Directory.GetFileSystemEntries(
            $"{folder}/root/containers").Length > 1);
        Directory.Delete(folder, recursive: true);
        before.AssertNothingLeft(host);

        CommandResult RunAsNobody(string home, params string[] arguments) => Command.Run("setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", "env", $"HOME={home}", $"XDG_RUNTIME_DIR={folder}/xdg",
                $"{folder}/skiff", .. arguments]);
    }

    [Fact]
    public void Without_cgroup_v2_the_error_says_so()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        var before = HostState.Capture(host);
        const string Script = "mount -t tmpfs none /sys/fs/cgroup; exec $SKIFF run --rm $1 true";
        using var command = Command.Start("unshare",
            ["--mount", "--propagation", "private", "bash", "-c", Script, "bash", host.Busybox], host.Variables());
        command.Finish().FailsClearly(125, "cgroup");
        before.AssertNothingLeft(host);
    }

    [Fact]
    public void A_full_disk_is_one_clear_error_and_what_was_written_is_gone()
    {
        var folder = host.NewFolder();
        Command.Run("mount", "-t", "tmpfs", "-o", "size=8m", "none", folder).Exits(0);
        try
        {
            string[] roots = ["--root", $"{folder}/root", "--run-root", $"{folder}/run"];
            Command.Run(host.Binary, [.. roots, "pull", host.Debian]).FailsClearly(1, "space");
            var left = Command.Shell("du -sk --exclude=reserve $1 | cut -f1", folder).Text();
            Assert.InRange(int.Parse(left), 0, 200);
        }
        finally
        {
            Command.Run("umount", folder);
        }
    }

    private string Fill(string argument) => argument
        .Replace("{registry}", $"127.0.0.1:{host.RegistryPort}").Replace("{busybox}", host.Busybox);
}
