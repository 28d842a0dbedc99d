using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`--log-driver` and `--log-opt`: what is kept, in which form, and how much of it.</summary>
public sealed class LogDriverTests(SkiffHost host)
{
    [Theory]
    [InlineData("unknown --log-driver \"foo\"", "--log-driver", "foo")]
    [InlineData("unknown log opt 'foo' for json-file log driver", "--log-driver", "json-file", "--log-opt", "foo=bar")]
    [InlineData("invalid logging opts for driver none", "--log-driver", "none", "--log-opt", "max-size=1m")]
    [InlineData("--log-opt max-size: abc: invalid size: 'abc'", "--log-opt", "max-size=abc")]
    [InlineData("max-buffer-size: option is only supported with", "--log-opt", "max-buffer-size=1m")]
    [InlineData("invalid syslog facility", "--log-driver", "syslog", "--log-opt", "syslog-facility=foo")]
    [InlineData("connect(tcp://127.0.0.1:1)", "--log-driver", "syslog",
        "--log-opt", "syslog-address=tcp://127.0.0.1:1")]
    [InlineData("/nonexistent", "--log-driver", "syslog", "--log-opt", "syslog-address=unix:///nonexistent")]
    public void A_driver_that_cannot_be_had_is_refused(string problem, params string[] flags) =>
        host.Run(["run", "--rm", "--network", "none", .. flags, host.Busybox, "true"]).FailsClearly(125, problem);

    [Fact]
    public void Inspect_shows_driver_options_and_the_file_of_json()
    {
        using var container = Run("true", "--log-driver", "json-file", "--log-opt", "max-size=1m");
        Assert.Equal("json-file", container.Get("HostConfig.LogConfig.Type"));
        Assert.Equal("1m", container.Get("HostConfig.LogConfig.Config.max-size"));
        Assert.True(File.Exists(container.Get("LogPath")));
        using var local = Run("true");
        Assert.Equal("local", local.Get("HostConfig.LogConfig.Type"));
        Assert.Equal("", local.Get("LogPath"));
    }

    [Fact]
    public void Json_lines_have_what_the_options_ask_for()
    {
        using var container = Run("echo 'one <'; printf two >&2", "--log-driver", "json-file", "--label", "a=b c",
            "--label", "other=x", "-e", "X=y&ü\"", "-e", "PX=1", "--log-opt", "labels=a,none", "--log-opt", "env=X",
            "--log-opt", "env-regex=^P[A-Z]$", "--log-opt", "tag={{.Name}}/{{.ID}}");
        string[] lines = File.ReadAllLines(container.Get("LogPath")!);
        Assert.StartsWith("{\"log\":\"one \\u003c\\n\",\"stream\":\"stdout\",\"attrs\":{"
            + "\"PX\":\"1\",\"X\":\"y\\u0026ü\\\"\",\"a\":\"b c\","
            + $"\"tag\":\"{container.Name}/{container.Id[..12]}\"}},"
            + "\"time\":\"20", lines[0]);
        Assert.Equal(("two", "stderr"), (JsonNode.Parse(lines[1])!["log"]!.ToString(),
            JsonNode.Parse(lines[1])!["stream"]!.ToString()));
        var logs = host.Run("logs", "--details", container.Name).Exits(0);
        Assert.Equal($"PX=1,X=y%26%C3%BC%22,a=b+c,tag={container.Name}%2F{container.Id[..12]} one <\n", logs.Out);
        Assert.EndsWith(" two", logs.Error);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("json-file")]
    public void A_log_is_bounded_and_its_end_is_complete(string driver)
    {
        string go = host.NewFolder();
        using var container = host.Detached("--network", "none", "--log-driver", driver, "--log-opt", "max-size=1m",
            "--log-opt", "max-file=3", "--log-opt", "compress=true", "-v", $"{go}:/go", host.Busybox, "sh", "-c",
            "seq 100000; until [ -e /go/1 ]; do sleep 0.05; done; seq 100001 200000; "
            + "until [ -e /go/2 ]; do sleep 0.05; done");
        foreach ((string step, string last) in ((string, string)[])[("1", "100000"), ("2", "200000")])
        {
            Wait.Until(() => host.Run("logs", "-n", "1", container.Name).Text() == last && Directory.GetFiles(
                Folder(container)).Count(file => !file.EndsWith(".gz", StringComparison.Ordinal)) == 1,
                "full files are compressed");
            File.WriteAllText(Path.Combine(go, step), "");
        }
        host.Run("wait", container.Name).Exits(0);
        string[] files = Directory.GetFiles(Folder(container));
        Assert.InRange(files.Length, 3, 3);
        Assert.InRange(files.Sum(file => new FileInfo(file).Length), 1, 3 << 20);
        Assert.Contains(files, file => file.EndsWith(".gz", StringComparison.Ordinal));
        foreach (string file in files.Where(file => file.EndsWith(".gz", StringComparison.Ordinal)))
            Assert.InRange(int.Parse(Command.Shell($"zcat {file} | wc -c").Text()), 900_000, 1 << 20);

        string[] lines = host.Run("logs", container.Name).Lines;
        Assert.Equal(Enumerable.Range(200_001 - lines.Length, lines.Length).Select(i => $"{i}"), lines);
        Assert.True(lines.Length > 10_000);
        Assert.Equal("", host.Run("logs", "-n", "0", container.Name).Exits(0).Out);
        foreach (int tail in (int[])[1, 10_000, lines.Length - 1, lines.Length + 1])
            Assert.Equal(lines.TakeLast(tail), host.Run("logs", "-n", $"{tail}", container.Name).Lines);
    }

    [Theory]
    [InlineData("max-file=1", 1, 0)]
    [InlineData("compress=false", 5, 0)]
    public void A_ring_has_the_files_that_were_asked_for(string option, int count, int compressed)
    {
        using var container = Run("seq 200000", "--log-opt", "max-size=100k", "--log-opt", option);
        string[] files = Directory.GetFiles(Folder(container));
        Assert.Equal(count, files.Length);
        Assert.Equal(compressed, files.Count(file => file.EndsWith(".gz", StringComparison.Ordinal)));
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, 100 << 10));
        Assert.Equal("200000", host.Run("logs", "--tail", "1", container.Name).Text());
    }

    [Theory]
    [InlineData("local", "max-size=1g")]
    [InlineData("local", "mode=blocking", "max-size=1g")]
    [InlineData("json-file", "max-size=1g")]
    public void A_hundred_megabytes_of_lines_are_kept_as_they_are(string driver, params string[] options)
    {
        string[] flags = ["--log-driver", driver, .. options.SelectMany(o => (string[])["--log-opt", o])];
        using var container = Run("seq 12000000", flags);
        Assert.Equal(Command.Shell("seq 12000000 | md5sum").Text(), Sum(container));
    }

    [Fact]
    public void Bytes_without_lines_and_lines_without_bytes_are_kept_as_they_are()
    {
        string folder = host.NewFolder();
        File.WriteAllBytes(Path.Combine(folder, "noise"), RandomNumberGenerator.GetBytes(3_000_000));
        using var noise = Run("cat /noise/noise", "-v", $"{folder}:/noise", "--log-opt", "max-size=100m");
        Assert.Equal(Command.Shell($"md5sum < {folder}/noise").Text(), Sum(noise));
        using var nothing = Run("yes '' | head -n 2000000", "--log-opt", "max-size=100m");
        Assert.Equal("2000000", Command.Shell($"{Skiff} logs {nothing.Name} | wc -l").Text());
    }

    [Fact]
    public void A_container_that_ends_leaves_nobody_behind_who_compresses()
    {
        using var own = new OwnRoots(host); // Where no other test looks at what is in there.
        for (int i = 0; i < 10; i++)
        {
            string id = own.Run("run", "-d", "--log-opt", "max-size=10m", host.Busybox, "sh", "-c",
                "seq 3000000; sleep 1000").Text(), folder = Path.Combine(own.Folder, "root/containers", id);
            Wait.Until(() => Directory.GetFiles(Path.Combine(folder, "logs")).Length > 1, "a full file");
            Thread.Sleep(20 * i);
            own.Run("rm", "-f", id).Exits(0);
            Assert.False(Directory.Exists(folder));
            string find = $"find /proc/[0-9]*/fd -lname '*{id}*' 2>/dev/null || true";
            Assert.Equal("", Command.Shell(find).Text());
        }
    }

    [Fact]
    public void Output_that_nobody_keeps_is_still_shown()
    {
        string name = host.NewName();
        Assert.Equal("a\n", host.Run("run", "--name", name, "--log-driver", "none", host.Busybox, "echo", "a").Out);
        using var container = new Container(host, name, "");
        host.Run("logs", name).FailsClearly(1, "configured logging driver does not support reading");
        host.Run("logs", "-f", name).FailsClearly(1, "configured logging driver does not support reading");
    }

    [Fact]
    public void A_torn_end_and_damage_cost_no_other_line()
    {
        using var container = Run("seq 1000", "--log-driver", "local");
        string file = Path.Combine(Folder(container), "container.log");
        using (var stream = File.Open(file, FileMode.Append)) stream.Write([1, 0, 0, 0, 1]);
        host.Run("start", "-a", container.Name).Exits(0);
        Assert.Equal(2000, host.Run("logs", container.Name).Lines.Length);

        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan(bytes.Length / 2, 30).Fill(0x5A);
        File.WriteAllBytes(file, bytes);
        var logs = host.Run("logs", container.Name).Exits(0);
        Assert.InRange(logs.Lines.Length, 1996, 1998);
        Assert.Matches(@"skiff: the log is damaged: \d+ bytes of .*container.log were passed over", logs.Error);
    }

    [Fact]
    public void A_file_that_somebody_empties_is_filled_again()
    {
        using var container = host.Detached("--log-driver", "json-file", "--log-opt", "max-size=100k",
            host.Busybox, "sh", "-c", "seq 1000; while [ ! -e /go ]; do sleep 0.1; done; seq 1001 2000; sleep 1000");
        container.WaitForLog("1000\n");
        File.WriteAllText(container.Get("LogPath")!, "");
        container.Exec("touch /go").Exits(0);
        container.WaitForLog("2000\n");
        Assert.Equal(Enumerable.Range(1001, 1000).Select(i => $"{i}"), host.Run("logs", container.Name).Lines);
        Assert.Single(Directory.GetFiles(Folder(container)));
    }

    [Fact]
    public void A_host_has_defaults_of_its_own()
    {
        string file = Path.Combine(host.NewFolder(), "logs.json");
        File.WriteAllText(file,
            """{"log-driver": "json-file", "log-opts": {"max-size": "1m", "max-file": "2"}} // ours""");
        using var container = With(file, "--log-opt", "max-file=3");
        Assert.Equal("json-file", container.Get("HostConfig.LogConfig.Type"));
        Assert.Equal("1m", container.Get("HostConfig.LogConfig.Config.max-size"));
        Assert.Equal("3", container.Get("HostConfig.LogConfig.Config.max-file"));
        using var other = With(file, "--log-driver", "local");
        Assert.Equal("{}", other.Inspect()["HostConfig"]!["LogConfig"]!["Config"]!.ToJsonString());

        foreach (var (text, problem) in ((string, string)[])[
            ("""{"log-driver": "foo"}""", "unknown --log-driver \"foo\""),
            ("""{"log-opts": {"max-size": 1}}""", "\"max-size\": expected a string"), ("{", "logs.json: "),
            ("""{"other": 1}""", "\"other\": unknown member")])
        {
            File.WriteAllText(file, text);
            var result = host.Run("--logs", file, "run", "--rm", host.Busybox, "true");
            result.FailsClearly(125, file);
            result.FailsClearly(125, problem);
        }
        host.Run("--logs", file + "x", "run", "--rm", host.Busybox, "true").FailsClearly(125, "logs.jsonx");
    }

    [Fact]
    public void A_container_does_not_wait_for_a_disk_when_it_may_lose_output()
    {
        using var disk = new SmallDisk(host, "erofs");
        disk.Run("pull", "-q", host.Busybox).Exits(0);
        string ticks = host.NewFolder();
        disk.Run("run", "-d", "--name", "loud", "--network", "none", "-v", $"{ticks}:/ticks", "--log-opt",
            "mode=non-blocking", "--log-opt", "max-buffer-size=100k", host.Busybox, "sh", "-c",
            "while [ ! -e /ticks/go ]; do sleep 0.1; done; seq 1000000; touch /ticks/end; sleep 1000").Exits(0);
        Command.Run("fsfreeze", "-f", disk.Disk).Exits(0);
        try
        {
            File.Create(Path.Combine(ticks, "go")).Dispose();
            Wait.Until(() => File.Exists(Path.Combine(ticks, "end")), "a million lines beside a frozen disk", 60);
        }
        finally
        {
            Command.Run("fsfreeze", "-u", disk.Disk).Exits(0);
        }
        Wait.Until(() => disk.Run("logs", "loud").Error.Contains("are missing here"), "the log tells what is missing");
        var logs = disk.Run("logs", "loud").Exits(0);
        Assert.Matches(@"skiff: \d+ bytes of the log are missing here: .*max-buffer-size", logs.Error);
        int[] lines = [.. logs.Lines.Select(int.Parse)];
        Assert.Equal(lines.Order().Distinct(), lines);
        Assert.InRange(lines.Length, 1, 999_999);
        disk.Run("rm", "-f", "loud").Exits(0);
    }

    private string Skiff => $"SKIFF_ROOT={host.Root} SKIFF_RUN_ROOT={host.RunRoot} {host.Binary}";

    private string Folder(Container container) => Path.Combine(host.Root, "containers", container.Id, "logs");

    private string Sum(Container container) => Command.Shell($"{Skiff} logs {container.Name} | md5sum").Text();

    private Container Run(string script, params string[] flags)
    {
        var container = host.Detached(["--network", "none", .. flags, host.Busybox, "sh", "-c", script]);
        host.Run("wait", container.Name).Exits(0);
        return container;
    }

    private Container With(string file, params string[] flags)
    {
        string name = host.NewName();
        string id = host.Run(["--logs", file, "create", "--name", name, .. flags, host.Busybox]).Text();
        return new Container(host, name, id);
    }
}
