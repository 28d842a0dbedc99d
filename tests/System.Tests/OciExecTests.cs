using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`skiff oci exec`, terminals and descriptors.</summary>
public sealed class OciExecTests(SkiffHost host)
{
    // Listens on a socket, receives the terminal and prints what it writes until the end.
    private const string Receiver = """
        import array, os, socket, sys
        s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1)
        print('ready', flush=True)
        c, _ = s.accept()
        _, fds, _, _ = socket.recv_fds(c, 100, 4)
        print('descriptors', len(fds), os.isatty(fds[0]), flush=True)
        try:
            while True:
                b = os.read(fds[0], 1000)
                if not b: break
                sys.stdout.write(b.decode()); sys.stdout.flush()
        except OSError: pass
        """;

    [Fact]
    public void Exec_joins_the_container_and_ends_with_its_code()
    {
        using var bundle = new Bundle(host).Running();
        foreach (var kind in (string[])["pid", "mnt", "uts", "ipc", "net"])
            Assert.Equal(bundle.Exec($"readlink /proc/1/ns/{kind}").Text(),
                bundle.Exec($"readlink /proc/self/ns/{kind}").Text());
        var result = bundle.Exec("echo out; echo err >&2; exit 12").Exits(12);
        Assert.Equal(("out\n", "err\n"), (result.Out, result.Error));
        bundle.Oci("exec", bundle.Id, "no-such").FailsClearly(127, "no-such", "executable file not found in $PATH");
        bundle.Exec("kill -TERM $$").Exits(143);
    }

    [Fact]
    public void Exec_has_the_containers_filter_and_score()
    {
        using var bundle = new Bundle(host);
        bundle.Linux["seccomp"] = JsonNode.Parse("""
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"],
             "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
            """);
        bundle.Process["oomScoreAdj"] = 77;
        bundle.Running();
        var seen = bundle.Exec("mkdir /x 2>&1 | grep -o 'No space'; cat /proc/self/oom_score_adj");
        Assert.Equal(["No space", "77"], seen.Exits(0).Lines);
    }

    [Fact]
    public void A_container_has_a_session_keyring_of_its_own_unless_it_is_told_not_to()
    {
        using var bundle = new Bundle(host);
        bundle.Print($"grep -c _ses.{bundle.Id} /proc/keys");
        // In this order: the kernel takes its time to forget one.
        Assert.Equal("0", bundle.Run("--no-new-keyring").Out.Trim());
        Assert.Equal("1", bundle.Run().Text());
    }

    [Fact]
    public void Options_of_exec_change_the_process()
    {
        using var bundle = new Bundle(host).Running();
        Assert.Equal("7 8 1 9 /tmp v 0000000000000421", bundle.Oci("exec", "--user", "7:8", "--cwd", "/tmp",
            "--env", "K=v", "--additional-gids", "1", "--additional-gids", "9", "--cap", "CAP_NET_BIND_SERVICE",
            bundle.Id, "sh", "-c", "echo $(id -u) $(id -G) $(pwd) $K $(grep CapBnd /proc/self/status | cut -f2)")
            .Text());
    }

    [Fact]
    public void A_label_is_refused_on_a_host_without_SELinux()
    {
        Assert.SkipWhen(File.Exists("/sys/fs/selinux/enforce"), "this host has SELinux");
        using var bundle = new Bundle(host).Running();
        bundle.Oci("exec", "--process-label", "a:b:c:s0", bundle.Id, "true")
            .FailsClearly(1, "process.selinuxLabel", "a:b:c:s0", "SELinux is not enabled on this host");
    }

    [Fact]
    public void A_process_file_replaces_the_options()
    {
        using var bundle = new Bundle(host).Running();
        var file = bundle.NewPath("process");
        var pidFile = bundle.NewPath("pid");
        var process = bundle.Process.DeepClone();
        process["args"] = new JsonArray("sh", "-c", "echo $MARK > /mark; sleep 1000");
        process["env"]!.AsArray().Add("MARK=here");
        File.WriteAllText(file, process.ToJsonString());
        Command.Shell("exec \"$@\" > /dev/null 2>&1 < /dev/null", host.Binary, "oci", "--root", bundle.StateRoot,
            "exec", "--process", file, "--detach", "--pid-file", pidFile, bundle.Id).Exits(0);
        Wait.Until(() => bundle.Exec("cat /mark").Out == "here\n", "the mark");
        Assert.Contains("sleep", File.ReadAllText($"/proc/{File.ReadAllText(pidFile)}/cmdline"));
        Assert.Equal(2, bundle.Oci("ps", "--format", "json", bundle.Id).Text().Count(c => c is ',') + 1);
    }

    [Fact]
    public void A_terminal_goes_to_the_console_socket()
    {
        using var bundle = new Bundle(host).Print("tty; stty size; ls -l /dev/console | cut -c1; echo end");
        bundle.Process["terminal"] = true;
        bundle.Process["consoleSize"] = JsonNode.Parse("""{"height": 33, "width": 99}""");
        var socket = bundle.NewPath("s");
        using var receiver = Command.Start("python3", ["-c", Receiver, socket]);
        Wait.Until(() => receiver.OutSoFar == "ready\n", "the receiver");
        bundle.Create("--console-socket", socket).Exits(0);
        bundle.Oci("start", bundle.Id).Exits(0);
        var seen = receiver.Finish().Exits(0).Out.Replace("\r", "");
        Assert.Equal("ready\ndescriptors 1 True\n/dev/pts/0\n33 99\nc\nend\n", seen);
    }

    [Fact]
    public void A_terminal_in_the_foreground_is_ours()
    {
        using var bundle = new Bundle(host).Print("tty; read line; echo got $line; exit 4");
        bundle.Process["terminal"] = true;
        using var run = bundle.Start("run", "--bundle", bundle.Folder, bundle.Id);
        run.Input.Write("typed\n");
        run.Input.Flush();
        var seen = run.Finish().Exits(4).Out.Replace("\r", "");
        Assert.Contains("/dev/pts/0", seen);
        Assert.Contains("got typed", seen);
    }

    [Theory]
    [InlineData(true, "create", "console-socket is missing")]
    [InlineData(false, "create --console-socket /x", "process.terminal is false")]
    [InlineData(true, "run --console-socket /x", "without --detach")]
    [InlineData(true, "run --detach", "console-socket is missing")]
    public void Terminals_and_sockets_that_do_not_fit_are_refused(bool terminal, string words, string error)
    {
        using var bundle = new Bundle(host);
        bundle.Process["terminal"] = terminal;
        bundle.Oci([.. words.Split(' '), "--bundle", bundle.Folder, bundle.Id]).FailsClearly(1, error);
    }

    [Fact]
    public void Only_preserved_descriptors_reach_the_container()
    {
        using var bundle = new Bundle(host).Print("for f in /proc/self/fd/*; do readlink $f; done; cat <&3");
        bundle.Write();
        var given = bundle.NewPath("given");
        File.WriteAllText(given, "content\n");
        string[] words = [host.Binary, "oci", "--root", bundle.StateRoot, "run", "--bundle", bundle.Folder];
        const string script = "given=$1; shift; exec \"$@\" 3<\"$given\" 4</etc 9</proc < /dev/null";
        var seen = Command.Shell(script, [given, .. words, "--preserve-fds", "1", bundle.Id]).Exits(0);
        Assert.Contains(Path.GetFileName(given), seen.Out);
        Assert.EndsWith("content\n", seen.Out);
        Assert.DoesNotContain("/etc", seen.Out);
        Assert.DoesNotContain("/proc\n", seen.Out);
        bundle.Print("ls /proc/self/fd | wc -l").Write();
        // Its own three, and the directory that ls reads.
        Assert.Equal("4", Command.Shell(script, [given, .. words, bundle.Id]).Text());
        bundle.Run("--preserve-fds", "900").FailsClearly(1, "preserve-fds", "not open");
    }

    [Fact]
    public void While_it_waits_the_first_process_holds_nothing_of_the_host()
    {
        using var bundle = new Bundle(host);
        bundle.Create().Exits(0);
        int pid = bundle.Pid;
        // It goes on to the fifo when create has its report.
        List<string?> links = [];
        Wait.Until(() => (links = [.. Directory.GetFiles($"/proc/{pid}/fd").Select(path =>
            new FileInfo(path).LinkTarget)]).Count == 4, () => string.Join(' ', links), 30);
        Assert.Contains(links, link => link!.EndsWith("exec.fifo"));
        // Written to by way of /proc/PID/exe, the binary would be the container's (CVE-2019-5736).
        Assert.Equal("1", Command.Run("python3", "-c",
            $"import os; print(os.statvfs('/proc/{bundle.Pid}/exe').f_flag & os.ST_RDONLY)").Text());
    }

    [Theory]
    [InlineData("/proc/self/fd/0")]
    [InlineData("/proc/self/fd/3")]
    [InlineData("/proc/1/fd/7")]
    [InlineData("/link")]
    public void A_working_directory_through_a_descriptor_is_refused(string cwd)
    {
        using var bundle = new Bundle(host).Running();
        File.CreateSymbolicLink(Path.Combine(bundle.Rootfs, "link"), "/proc/self/fd/0");
        var result = Command.Shell("exec \"$@\" 0</ 3</ 7</", host.Binary, "oci", "--root", bundle.StateRoot, "exec",
            "--cwd", cwd, bundle.Id, "ls", ".");
        result.FailsClearly(1, cwd);
    }
}
