using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>The Engine API's operations of the files of containers, by requests and by Docker's client.</summary>
public sealed class ApiFileTests(ApiAgent api) : IClassFixture<ApiAgent>
{
    // A path, and the type and permissions that Go's FileMode has for it, its size, and where a symlink leads.
    public static TheoryData<string, uint, string> Stats => new()
    {
        { "/t/file", 0x1A0, "" },
        { "t/file", 0x1A0, "" },
        { "/t/dir", 1u << 31 | 0x1ED, "" },
        { "/t/dir/", 1u << 31 | 0x1ED, "" },
        { "/t/link", 1u << 27 | 0x1FF, "/t/file" },
        { "/t/way", 1u << 27 | 0x1FF, "/t/dir" },
        { "/t/way/", 1u << 31 | 0x1ED, "" },
        { "/t/sticky", 1u << 31 | 1u << 20 | 0x1FF, "" },
        { "/t/setuid", 1u << 23 | 0x1ED, "" },
        { "/t/fifo", 1u << 25 | 0x1A4, "" },
        { "/", 1u << 31 | 0x1ED, "" },
    };

    // Method, query, status, words.
    public static TheoryData<string, string, int, string> Refused => new()
    {
        { "GET", "path=/none", 404, "Could not find the file /none in container" },
        { "GET", "path=/etc/passwd/", 400, "not a directory" },
        { "GET", "path=/proc/self", 404, "Could not find the file /proc/self in container" },
        { "GET", "", 400, "path cannot be empty" },
        { "PUT", "path=/none", 404, "Could not find the file /none in container" },
        { "PUT", "path=/etc/passwd", 400, "extraction point is not a directory" },
        { "PUT", "path=/proc", 404, "Could not find the file /proc in container" },
        { "PUT", "", 400, "path cannot be empty" },
        { "PUT", "path=/tmp", 400, "tar" },
    };

    [Fact]
    public void Docker_cp_copies_both_ways_whether_the_container_runs_or_not()
    {
        string folder = api.Host.NewFolder(), name = api.Started();
        Command.Shell("""
            cd $1; mkdir -p in/sub; echo one > in/a; echo two > in/sub/b; chown 1234:56 in/a; chmod 4755 in/a
            ln -s a in/l; touch -d @1000000000 in/sub/b
            """, folder).Exits(0);
        foreach (string state in (string[])["runs", "rests"])
        {
            api.Docker("cp", "-a", $"{folder}/in", $"{name}:/{state}").Exits(0);
            api.Docker("cp", $"{name}:/{state}/.", $"{folder}/out-{state}").Exits(0);
            Command.Shell("diff -r $1/in $1/out-$2 && readlink $1/out-$2/l", folder, state).Exits(0);
            // The daemon gives a tar, of which the client makes files that are its own.
            Assert.Contains("1234/56", api.Shell("docker cp $1:/$2 - | tar -tv --numeric-owner | grep -w a", name,
                state).Text());
            Assert.Contains("2001-09-09", api.Shell("docker cp $1:/$2 - | TZ=UTC tar -tv | grep b$", name, state)
                .Text());
            Assert.Equal("one", api.Shell("docker cp -L $1:/$2/l - | tar -xO", name, state).Text());
            api.Shell("tar -C $1/in -c . | docker cp - $2:/tmp", folder, name).Exits(0);
            Assert.Equal("two", api.Shell("docker cp $1:/tmp/sub/b - | tar -xO", name).Text());
            api.Docker("cp", $"{name}:/none", folder).FailsClearly(1, "/none");
            api.Docker("cp", $"{folder}/in", $"{name}:/none/x").FailsClearly(1, "/none");
            if (state == "runs") api.Docker("stop", "-t", "0", name).Exits(0);
        }
        api.Remove(name);
    }

    [Theory, MemberData(nameof(Stats))]
    public void The_head_of_a_path_says_what_is_there(string path, uint mode, string target)
    {
        string name = api.Ended("""
            mkdir /t; cd /t; echo -n 12345 > file; chmod 640 file; mkdir dir; ln -s file link; ln -s /t/dir way
            mkdir sticky; chmod 1777 sticky; touch setuid; chmod 4755 setuid; mkfifo fifo; touch -d @1234567890 file
            """);
        string query = $"/containers/{name}/archive?path={Uri.EscapeDataString(path)}";
        WholeAnswer head = api.Send("HEAD", query).Is(200);
        Assert.Empty(head.Body);
        string header = head.Headers["X-Docker-Container-Path-Stat"];
        JsonNode stat = JsonNode.Parse(Convert.FromBase64String(header))!;
        Assert.Equal(mode, (uint)stat["mode"]!);
        Assert.Equal(target, (string)stat["linkTarget"]!);
        Assert.Equal(path == "/" ? "/" : path.TrimEnd('/')[(path.TrimEnd('/').LastIndexOf('/') + 1)..],
            (string)stat["name"]!);
        if (path.EndsWith("file"))
        {
            Assert.Equal(5, (int)stat["size"]!);
            Assert.Equal("2009-02-13T23:31:30.000000000Z", (string)stat["mtime"]!);
        }
        if (path != "/") Assert.Equal(header, api.Send("GET", query).Headers["X-Docker-Container-Path-Stat"]);
        api.Remove(name);
    }

    [Theory, MemberData(nameof(Refused))]
    public void Paths_that_cannot_be_are_refused(string method, string query, int status, string words)
    {
        string name = api.Started();
        byte[]? body = method == "GET" ? null : "no tar"u8.ToArray();
        api.Send(method, $"/containers/{name}/archive?{query}", body).Fails(status, words);
        if (method == "GET") api.Send("HEAD", $"/containers/{name}/archive?{query}").Is(status);
        api.Send(method, "/containers/nobody/archive?path=/", body).Fails(404, "No such container: nobody");
        api.Remove(name);
    }

    [Fact]
    public void What_is_read_only_is_forbidden()
    {
        string folder = api.Host.NewFolder(),
            name = api.Started("--read-only", "--tmpfs", "/w", "-v", $"{folder}:/ro:ro");
        byte[] tar = TarOf("echo hi > f");
        Put(name, "/", tar).Fails(403, "container rootfs is marked read-only");
        Put(name, "/ro", tar).Fails(403, "mounted volume is marked read-only");
        Put(name, "/w", tar).Is(200);
        Assert.Equal("hi", api.In(name, "cat /w/f"));
        api.Remove(name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public void An_archive_may_be_compressed_and_says_who_owns_its_files(string program)
    {
        string name = api.Started();
        byte[] tar = TarOf("echo packed > f; mkdir d; seq 100000 > d/numbers; chown -R 77:88 .", program);
        foreach (string more in (string[])["", "&copyUIDGID=1"])
        {
            Put(name, "/tmp", tar, more).Is(200);
            Assert.Equal("77:88 packed 100000", api.In(name,
                "echo $(stat -c %u:%g /tmp/f) $(cat /tmp/f) $(tail -n 1 /tmp/d/numbers); rm -r /tmp/f /tmp/d"));
        }
        api.Remove(name);
    }

    [Fact]
    public void Directories_and_other_files_take_each_others_place_unless_the_client_says_no()
    {
        string name = api.Started("-v", "/x/below");
        byte[] file = TarOf("echo new > x"), directory = TarOf("mkdir y; echo new > y/inside");
        api.In(name, "mkdir -p /tmp/x/old/er; touch /tmp/y; touch /x/below/kept");
        Put(name, "/tmp", file, "&noOverwriteDirNonDir=true").Fails(400, "cannot overwrite directory \"x\"");
        Put(name, "/tmp", directory, "&noOverwriteDirNonDir=1").Fails(400, "cannot overwrite non-directory \"y\"");
        Put(name, "/tmp", file).Is(200);
        Put(name, "/tmp", directory).Is(200);
        Assert.Equal("new new", api.In(name, "echo $(cat /tmp/x /tmp/y/inside)"));
        // A volume is nothing that a tar replaces, nor are the engine's own files.
        Put(name, "/", file).Fails(500, "EBUSY");
        Put(name, "/", TarOf("echo new > etc")).Fails(500, "EBUSY");
        Assert.Equal("/x/below/kept", api.In(name,
            "mount | grep -q ' /x/below ' && mount | grep -q ' /etc/hosts ' && echo /x/below/*"));
        api.Remove(name);
    }

    [Fact]
    public void Nothing_of_an_archive_leaves_the_container()
    {
        string outside = api.Host.NewFolder(), name = api.Started();
        api.In(name, $"ln -s {outside} /tmp/way");
        Put(name, "/tmp", TarOf("mkdir way; echo hi > way/f", what: "way/f"));
        Put(name, "/tmp", TarOf("echo hi > f", what: "f", flags: $"--transform s,^,../../../../..{outside}/,"));
        Put(name, "/tmp/way", TarOf("echo hi > f"));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        api.Remove(name);
    }

    [Fact]
    public void Export_and_diff_show_what_the_command_line_shows()
    {
        string name = api.Ended("echo hi > /new; rm /etc/group; chmod 700 /tmp"), folder = api.Host.NewFolder();
        Assert.Equal("""[{"Path":"/etc","Kind":0},{"Path":"/etc/group","Kind":2},{"Path":"/new","Kind":1},"""
            + """{"Path":"/tmp","Kind":0}]""", api.Ask("GET", $"/containers/{name}/changes").Is(200)!.ToJsonString());
        Assert.Equal(api.Skiff("diff", name).Lines.Order(), api.Docker("diff", name).Lines.Order());
        api.Docker("export", "-o", $"{folder}/docker.tar", name).Exits(0);
        api.Skiff("export", "-o", $"{folder}/skiff.tar", name).Exits(0);
        Command.Shell("cmp $1/docker.tar $1/skiff.tar && tar -xOf $1/docker.tar new | grep -x hi", folder).Exits(0);
        Assert.Equal("application/octet-stream",
            api.Send("GET", $"/containers/{name}/export").Headers["Content-Type"]);
        api.Docker("start", name).Exits(0);
        api.Ask("GET", "/containers/nobody/export").Fails(404, "No such container: nobody");
        api.Ask("GET", "/containers/nobody/changes").Fails(404, "No such container: nobody");
        string untouched = api.Host.NewName();
        api.Docker("create", "--name", untouched, api.Host.Busybox).Exits(0);
        Assert.Equal("[]", api.Ask("GET", $"/containers/{untouched}/changes").Is(200)!.ToJsonString());
        api.Remove(name, untouched);
    }

    [Fact]
    public void Many_read_the_files_of_one_container_at_once()
    {
        string name = api.Host.NewName();
        api.Docker("create", "--name", name, api.Host.Busybox).Exits(0);
        byte[] first = api.Send("GET", $"/containers/{name}/archive?path=/etc").Is(200).Body;
        Assert.NotEmpty(first);
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i =>
        {
            if (i % 4 == 0) api.Ask("GET", $"/containers/{name}/changes").Is(200);
            else Assert.Equal(first, api.Send("GET", $"/containers/{name}/archive?path=/etc").Body);
        });
        // The last bytes of an answer are there a moment before.
        Wait.Until(() => Directory.GetDirectories(Path.Combine(api.Folder(), "run"), "view-*").Length == 0,
            "no view is left");
        api.Remove(name);
    }

    private WholeAnswer Put(string name, string path, byte[] tar, string more = "") =>
        api.Send("PUT", $"/containers/{name}/archive?path={path}{more}", tar);

    // A tar of what a shell line makes in a new folder.
    private byte[] TarOf(string script, string program = "", string what = ".", string flags = "")
    {
        string folder = api.Host.NewFolder(), tool = program.Length > 0 ? $"--use-compress-program={program}" : "";
        Command.Shell($"mkdir $1/work; cd $1/work; {script}; tar -P {tool} {flags} -cf $1/tar {what}", folder).Exits(0);
        return File.ReadAllBytes($"{folder}/tar");
    }
}
