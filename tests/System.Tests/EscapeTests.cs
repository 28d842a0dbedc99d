using System.Security.Cryptography;

namespace Skiff.System.Tests;

/// <summary>
/// Ways out of a container that other engines have had: each test plays the attacker, and has a bait on the host that
/// must stay as it is.
/// </summary>
public sealed class EscapeTests(SkiffHost host)
{
    private const string CorePattern = "/proc/sys/kernel/core_pattern";

    // Descriptors that a monitor may have open: more than it has ever had.
    private const int Descriptors = 48;

    [Fact]
    public void No_container_writes_to_the_engines_binary()
    {
        // CVE-2019-5736: whoever makes the engine execute /proc/self/exe has the engine's binary in /proc/PID/exe, and
        // can write to it once it no longer runs.
        const string Attack = """
            while :; do for p in /proc/[0-9]*; do
                [ "$(readlink $p/exe)" = / ] || continue
                ( exec 9< $p/exe || exit
                  echo caught >> /caught; kill -9 ${p#/proc/}
                  n=0; while [ $n -lt 3000 ]; do n=$((n+1)); (: >> /proc/self/fd/9) 2> /dev/null && echo $p >> /won
                  done ) 2> /dev/null
            done; done
            """;
        string binary = Path.Combine(host.NewFolder(), "skiff");
        File.Copy(host.Binary, binary);
        byte[] before = SHA256.HashData(File.ReadAllBytes(binary));
        string name = host.NewName();
        Skiff(binary, "run", "-d", "--name", name, host.Debian, "sh", "-c", Attack).Exits(0);
        using var container = new Container(host, name, name);
        container.Exec("printf '#!/proc/self/exe\\n' > /script; chmod 755 /script").Exits(0);
        Skiff(binary, "exec", "-d", name, "/proc/self/exe", "agent").Exits(0);
        Wait.Until(() => container.Exec("cat /caught").ExitCode == 0, "the attacker sees the engine's binary");
        for (int i = 0; i < 5; i++) Skiff(binary, "exec", name, "/script");
        Thread.Sleep(1000);
        Assert.NotEqual(0, container.Exec("cat /won").ExitCode);
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(binary)));
    }

    [Fact]
    public void No_descriptor_of_the_engine_is_a_working_directory()
    {
        // CVE-2024-21626: a descriptor that is still open when the working directory is chosen leads to the host.
        string bait = Bait(), up = string.Concat(Enumerable.Repeat("../", 20));
        string script = $"cat {up}{bait[1..]} && pwd";
        using Container container = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("exec", container.Name, "ln", "-s", "/proc/self/fd/7", "/seven").Exits(0);
        for (int fd = 0; fd < Descriptors; fd++)
        {
            string place = $"/proc/self/fd/{fd}";
            foreach (CommandResult result in (CommandResult[])[
                host.Run("run", "--rm", "-w", place, host.Busybox, "sh", "-c", script),
                host.Run("exec", "-w", place, container.Name, "sh", "-c", script)])
            {
                Assert.NotEqual(0, result.ExitCode);
                Assert.DoesNotContain("bait", result.Out);
            }
        }
        Assert.NotEqual(0, host.Run("exec", "-w", "/seven", container.Name, "sh", "-c", script).ExitCode);
    }

    [Fact]
    public void A_process_in_a_container_has_no_descriptor_but_its_stdio()
    {
        // The fourth is that of `ls` itself.
        Assert.Equal("0\n1\n2\n3", host.Ask("ls /proc/self/fd"));
        using Container container = host.Detached(host.Busybox, "sleep", "1000");
        Assert.Equal("0\n1\n2", container.Exec("ls /proc/1/fd").Text());
        Assert.Equal("0\n1\n2\n3", container.Exec("ls /proc/self/fd").Text());
    }

    [Fact]
    public void A_directory_is_no_stdin_of_exec()
    {
        string bait = Bait();
        using Container container = host.Detached(host.Busybox, "sleep", "1000");
        using Command command = Command.Start("/bin/bash",
            ["-c", "exec $SKIFF exec -i $1 cat /proc/self/fd/0/$2 < ${3%/*}", "bash", container.Name, "bait", bait],
            host.Variables());
        command.Finish().FailsClearly(126, "directory");
    }

    [Fact]
    public void The_groups_of_whoever_starts_a_container_stay_outside()
    {
        string name = host.NewName();
        using Command command = Command.Start("setpriv", ["--groups", "0,4242", host.Binary, "run", "-d", "--name",
            name, host.Busybox, "sh", "-c", "id -G; exec sleep 1000"], host.Variables());
        command.Finish().Exits(0);
        using var container = new Container(host, name, name);
        container.WaitForLog("0");
        Assert.Equal("0", host.Run("logs", name).Text());
        Assert.Equal("0", container.Exec("id -G").Text());
        Assert.Equal("0", host.Run("exec", "-u", "77:0", name, "id", "-G").Text());
    }

    [Fact]
    public void Exec_writes_nothing_into_a_proc_that_is_none()
    {
        // CVE-2019-16884, CVE-2025-52881: what the engine writes to /proc goes where the container wants it.
        const string Fake = """
            mount -t tmpfs none /proc && mkdir -p /proc/self/attr/apparmor /proc/self/fd /proc/thread-self/attr /proc/1
            for f in self/attr/exec self/attr/apparmor/exec self/oom_score_adj thread-self/attr/exec; do
                mkdir -p /proc/${f%/*}; echo bait > /proc/$f; done
            ln -s / /proc/self/fd/3; echo ready; exec sleep 1000
            """;
        using Container container = host.Detached("--privileged", host.Busybox, "sh", "-c", Fake);
        container.WaitForLog("ready");
        Assert.Equal("here", container.Exec("echo here").Text());
        Assert.Equal("bait", container.Exec("cat $(find /proc -type f) | sort -u").Text());
    }

    [Fact]
    public void What_is_masked_stays_so_when_the_image_has_links_in_its_dev()
    {
        // CVE-2025-31133, CVE-2025-52565: /dev/null, or /dev/console, is a link to what should be covered with it.
        using var image = new HostileImage(host, HostileImage.Link("dev/null", CorePattern),
            HostileImage.Link("dev/console", CorePattern), HostileImage.Link("dev/pts", "/proc/sys/kernel"),
            HostileImage.Link("dev/shm", "/proc/sys"));
        string before = File.ReadAllText(CorePattern);
        string script = "cat /proc/keys /proc/interrupts; ls -A /sys/firmware; stat -c %t:%T /dev/null; "
            + $"echo bad > {CorePattern} || echo refused";
        foreach (string[] flags in (string[][])[["-t"], []])
            Assert.Equal(["1:3", "refused"], host.Run(["run", "--rm", .. flags, image.Name, "sh", "-c", script])
                .Out.Split(["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.Contains("sh: ")));
        Assert.Equal(before, File.ReadAllText(CorePattern));
    }

    [Fact]
    public void A_device_node_of_the_image_or_of_a_volume_opens_no_disk()
    {
        // Of its own: a host in a sandbox may not open its disks itself.
        string file = Path.GetTempFileName();
        File.WriteAllBytes(file, new byte[1 << 20]);
        string loop = Command.Shell($"losetup -f --show {file}").Exits(0).Out.Trim();
        try
        {
            OpenNoDisk(Command.Shell(
                $"echo $((0x$(stat -c %t {loop}))) $((0x$(stat -c %T {loop})))").Exits(0).Out.Trim());
        }
        finally
        {
            Command.Shell($"losetup -d {loop}").Exits(0);
            File.Delete(file);
        }
    }

    private void OpenNoDisk(string numbers)
    {
        string volume = host.NewName("v");
        string make = $"mknod /v/disk b {numbers}";
        // A privileged container proves that the node is a disk that can be read.
        host.Run("run", "--rm", "--privileged", "-v", $"{volume}:/v", host.Busybox, "sh", "-c",
            $"{make} && head -c 512 /v/disk > /dev/null").Exits(0);
        CommandResult result = host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "sh", "-c",
            $"head -c 512 /v/disk | wc -c; rm /v/disk; {make}; head -c 512 /v/disk | wc -c");
        Assert.Equal("0\n0\n", result.Out);
        Assert.Contains("Operation not permitted", result.Error);
        host.Run("volume", "rm", volume).Exits(0);
    }

    private string Bait()
    {
        string path = Path.Combine(host.NewFolder(), "bait");
        File.WriteAllText(path, "bait\n");
        return path;
    }

    private CommandResult Skiff(string binary, params string[] arguments)
    {
        using Command command = Command.Start(binary, arguments, host.Variables());
        return command.Finish();
    }
}
