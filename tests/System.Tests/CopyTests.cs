namespace Skiff.System.Tests;

/// <summary>`cp`: Docker's rules, seen at docker 28, and what is kept of a file.</summary>
public sealed class CopyTests(SkiffHost host)
{
    // What a source is, how it and the target are written, and where the file is then, or what is said instead.
    public static TheoryData<string, string, string, string> Into => new()
    {
        { "f", "/new", "/new", "" },
        { "f", "/tmp", "/tmp/f", "" },
        { "f", "/tmp/", "/tmp/f", "" },
        { "f", "/to-dir", "/tmp/f", "" },
        { "f", "/to-nothing", "/nowhere", "" },
        { "f", "/old", "/old", "" },
        { "d", "/tmp", "/tmp/d/x", "" },
        { "d", "/new", "/new/x", "" },
        { "d/.", "/tmp", "/tmp/x", "" },
        { "d/.", "/new", "/new/x", "" },
        { "to-d/", "/new", "/new/x", "" },
        { "f", "/a/../tmp/./", "/tmp/f", "" },
        { "f", "/none/", "", "no such directory" },
        { "f", "/none/f", "", "Could not find the file /none in container" },
        { "d/.", "/none/x/y", "", "Could not find the file /none/x in container" },
        { "d", "/old", "", "cannot copy directory" },
        { "f/", "/tmp", "", "not a directory" },
        { "missing", "/tmp", "", "missing: no such file or directory" },
        { "d/.", "/full", "", "cannot overwrite directory \"x\" with non-directory \"/full\"" },
        { "sub/.", "/flat", "", "cannot overwrite non-directory \"y\" with directory \"/flat\"" },
        { "f", "/proc/f", "", "Could not find the file /proc in container" },
        { "f", "/etc/hosts", "", "EBUSY" },
        { "f", "/dev/null", "", "must be a directory or a regular file: got a device" },
    };

    public static TheoryData<string, string, string, string> OutOf => new()
    {
        { "/src/f", "new", "new", "" },
        { "/src/f", "dir", "dir/f", "" },
        { "/src/f", "dir/", "dir/f", "" },
        { "/src", "new", "new/f", "" },
        { "/src", "dir", "dir/src/f", "" },
        { "/src/.", "dir", "dir/f", "" },
        { "/to-src/", "new", "new/f", "" },
        { "/src/../src/f", ".", "f", "" },
        { "/vol/f", "new", "new", "" },
        { "/src/f", "none/", "", "no such directory" },
        { "/src/f", "none/f", "", "invalid output path: directory" },
        { "/src", "file", "", "cannot copy directory" },
        { "/src/f/", "new", "", "lstat /src/f/: not a directory" },
        { "/none", "new", "", "Could not find the file /none in container" },
        { "/proc/1/status", "new", "", "Could not find the file /proc/1/status in container" },
    };

    [Theory, MemberData(nameof(Into))]
    public void Files_go_into_a_running_container_by_Dockers_rules(
        string source, string target, string place, string error)
    {
        var folder = host.NewFolder();
        Command.Shell("cd $1; echo hi > f; mkdir -p d sub/y; echo hi > d/x; ln -s d to-d", folder).Exits(0);
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        container.Exec("ln -s /tmp to-dir; ln -s nowhere to-nothing; touch old; mkdir -p full/x flat; touch flat/y")
            .Exits(0);
        var result = Command.Shell($"cd $1; exec $SKIFF cp '{source}' '{container.Name}:{target}'",
            host.Variables(), folder);
        if (error.Length > 0) result.FailsClearly(1, error);
        else Assert.Equal("hi", container.Exec($"cat {place}").Text());
        Assert.NotEqual("", container.Exec("cat /etc/hosts").Text());
    }

    [Theory, MemberData(nameof(OutOf))]
    public void Files_come_out_of_a_running_and_a_stopped_container_by_Dockers_rules(
        string source, string target, string place, string error)
    {
        using var container = host.Detached("-v", host.NewName("v") + ":/vol", host.Busybox, "sh", "-c",
            "mkdir src; echo hi | tee src/f > vol/f; ln -s src to-src; echo up; sleep 1000");
        container.WaitForLog("up");
        foreach (var state in (string[])["running", "exited"])
        {
            if (state == "exited") host.Run("stop", "-t", "0", container.Name).Exits(0);
            // Of a stopped container there is no /proc.
            var folder = host.NewFolder();
            Command.Shell("cd $1; mkdir dir; touch file", folder).Exits(0);
            var result = Command.Shell($"cd $1; exec $SKIFF cp '{container.Name}:{source}' '{target}'",
                host.Variables(), folder);
            if (error.Length > 0) result.FailsClearly(1, error);
            else Assert.Equal("hi\n", File.ReadAllText(Path.Combine(folder, place)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Owner_mode_time_attributes_links_and_holes_are_kept_on_both_ways(bool running)
    {
        var (source, target) = (host.NewFolder(), host.NewFolder());
        Command.Shell("""
            cd $1; mkdir t; cd t; echo hi > f; ln f same; ln -s /etc/passwd link; mkfifo pipe; mknod null c 1 3
            truncate -s 300M holes; echo end >> holes; setfattr -n user.a -v b f; mkdir d; chmod 1777 d
            chown 1234:2345 f d; chown -h 7:8 link; chmod 4755 f; touch -d '2001-02-03 04:05:06.789' f d
            touch -h -d '2002-02-02' link
            """, source).Exits(0);
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        if (!running) host.Run("stop", "-t", "0", container.Name).Exits(0);
        host.Run("cp", $"{source}/t", $"{container.Name}:/t").Exits(0);
        host.Run("cp", "-a", $"{container.Name}:/t", target).Exits(0);
        const string look = """
            cd $1/t; find . -printf '%p %y %m %U:%G %T@ %l %n\n' | sort; getfattr -d f; du -k holes; md5sum holes
            """;
        var expected = Command.Shell(look, source).Text();
        Assert.Equal(expected, Command.Shell(look, target).Text());
        Assert.Contains("user.a=\"b\"", expected);

        host.Run("export", "-o", $"{target}/all.tar", container.Name).Exits(0);
        Assert.True(new FileInfo($"{target}/all.tar").Length < 50 << 20, "the holes are in the export");
        var again = host.NewFolder();
        Command.Run("tar", "--xattrs", "-C", again, "-xf", $"{target}/all.tar", "t").Exits(0);
        Assert.Equal(expected, Command.Shell(look, again).Text());
    }

    [Fact]
    public void Without_archive_mode_files_on_the_host_are_the_users_and_give_no_rights()
    {
        var folder = host.NewFolder();
        using var container = host.Detached(host.Busybox, "sh", "-c",
            "cp bin/busybox f; chown 7:8 f; chmod 6755 f; mknod disk b 8 0; echo up; sleep 1000");
        container.WaitForLog("up");
        host.Run("cp", $"{container.Name}:/f", folder).Exits(0);
        Assert.Equal("755 0:0", Command.Run("stat", "-c", "%a %u:%g", $"{folder}/f").Text());
        host.Run("cp", $"{container.Name}:/disk", folder).FailsClearly(1, "disk", "device", "-a");
        Assert.False(File.Exists($"{folder}/disk"));
        host.Run("cp", "--archive", $"{container.Name}:/f", folder).Exits(0);
        Assert.Equal("6755 7:8", Command.Run("stat", "-c", "%a %u:%g", $"{folder}/f").Text());
    }

    [Fact]
    public void Symlinks_are_copied_as_such_or_followed_inside_the_container()
    {
        var folder = host.NewFolder();
        using var container = host.Detached(host.Busybox, "sh", "-c",
            "echo inside > secret; ln -s /secret l; ln -s l l2; ln -s loop loop; echo up; sleep 1000");
        container.WaitForLog("up");
        host.Run("cp", $"{container.Name}:/l2", $"{folder}/link").Exits(0);
        Assert.Equal("l", Command.Run("readlink", $"{folder}/link").Text());
        File.WriteAllText($"{folder}/secret", "outside");
        host.Run("cp", "-L", $"{container.Name}:/l2", $"{folder}/file").Exits(0);
        Assert.Equal("inside\n", File.ReadAllText($"{folder}/file"));
        host.Run("cp", "--follow-link", $"{container.Name}:/loop", folder).FailsClearly(1, "ELOOP");
        Command.Shell("cd $1; echo host > f; ln -s f hl", folder).Exits(0);
        host.Run("cp", $"{folder}/hl", $"{container.Name}:/h1").Exits(0);
        host.Run("cp", "-L", $"{folder}/hl", $"{container.Name}:/h2").Exits(0);
        Assert.Equal("f\nhost", container.Exec("readlink /h1; cat /h2").Text());
    }

    [Fact]
    public void Tars_are_read_from_stdin_and_written_to_stdout()
    {
        using var container = host.Detached(host.Busybox, "sh", "-c",
            "mkdir -p real d/e; ln -s real way; echo x > d/e/f; echo up; sleep 1000");
        container.WaitForLog("up");
        Assert.Equal("d/\nd/e/\nd/e/f", Shell($"$SKIFF cp {container.Name}:/d - | tar t").Text());
        Assert.Equal("./\n./e/\n./e/f", Shell($"$SKIFF cp {container.Name}:/d/. - | tar t").Text());
        // A tar of others may lead through symlinks of the container.
        Shell($"cd $(mktemp -d -p $1); mkdir way; echo t > way/t; tar cz way/t | $SKIFF cp - {container.Name}:/")
            .Exits(0);
        Assert.Equal("t", container.Exec("cat /real/t").Text());
        Shell($"$SKIFF cp {container.Name}:/d - | $SKIFF cp - {container.Name}:/none")
            .FailsClearly(1, $"destination \"{container.Name}:/none\" must be a directory");
        Shell($"echo junk | $SKIFF cp - {container.Name}:/d").FailsClearly(1, "tar");
        Shell($"cd $(mktemp -d -p $1); echo > bad; tar c bad --transform s,^,../, -P | $SKIFF cp - {container.Name}:/d")
            .FailsClearly(1, "bad name in tar");
    }

    [Fact]
    public void Stopped_containers_are_written_to_with_their_volumes_and_keep_it()
    {
        var (folder, name, volume) = (host.NewFolder(), host.NewName(), host.NewName("v"));
        File.WriteAllText($"{folder}/f", "hi");
        using var container = new Container(host, name, host.Run("create", "--name", name, "-v", $"{volume}:/data/v",
            "-v", $"{folder}:/bound", host.Busybox, "cat", "/data/v/f", "/f", "/bound/g").Text());
        foreach (var target in (string[])["/data/v/f", "/f", "/bound/g"])
            host.Run("cp", $"{folder}/f", $"{name}:{target}").Exits(0);
        Assert.Equal("hi", File.ReadAllText($"{folder}/g"));
        host.Run("cp", $"{name}:/data/v/f", $"{folder}/back").Exits(0);
        Assert.Equal("hi", File.ReadAllText($"{folder}/back"));
        Assert.Equal("hihihi", host.Run("start", "-a", name).Exits(0).Out);
        Assert.Contains("A /f", host.Run("diff", name).Lines);
        Assert.Equal("hi", host.Run("run", "--rm", "-v", $"{volume}:/v", host.Busybox, "cat", "/v/f").Text());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_read_only_stays_as_it_is(bool running)
    {
        var folder = host.NewFolder();
        File.WriteAllText($"{folder}/f", "hi");
        using var container = host.Detached("--read-only", "-v", host.NewName("v") + ":/ro:ro", "-v",
            host.NewName("v") + ":/rw", host.Busybox, "sleep", "1000");
        if (!running) host.Run("stop", "-t", "0", container.Name).Exits(0);
        host.Run("cp", $"{folder}/f", $"{container.Name}:/f")
            .FailsClearly(1, "container rootfs is marked read-only");
        host.Run("cp", $"{folder}/f", $"{container.Name}:/ro/")
            .FailsClearly(1, "mounted volume is marked read-only");
        host.Run("cp", $"{folder}/f", $"{container.Name}:/rw/").Exits(0);
        host.Run("cp", $"{container.Name}:/rw/f", $"{folder}/back").Exits(0);
    }

    [Fact]
    public void A_container_between_two_runs_is_read_but_not_written_to()
    {
        var folder = host.NewFolder();
        File.WriteAllText($"{folder}/f", "hi");
        using var container = host.Detached("--restart", "always", host.Busybox, "sh", "-c", "echo > /mark; exit 1");
        Wait.Until(() => container.Get("State.Status") == "restarting" && container.Get("RestartCount") is not ("0" or
            "1" or "2" or "3" or "4"), "the pause between two runs is long");
        var written = host.Run("cp", $"{folder}/f", $"{container.Name}:/f");
        if (container.Get("State.Status") == "restarting") written.FailsClearly(1, "is restarting");
        host.Run("cp", $"{container.Name}:/mark", folder).Exits(0);
        Assert.True(File.Exists($"{folder}/mark"));
    }

    [Fact]
    public void Impossible_requests_are_refused_in_Dockers_words()
    {
        host.Run("cp", "a:/x", "b:/x").FailsClearly(1, "copying between containers is not supported");
        host.Run("cp", "/a", "./b:c").FailsClearly(1, "must specify at least one container source");
        host.Run("cp", "nobody:/x", "/tmp").FailsClearly(1, "No such container: nobody");
        host.Run("cp", "", "x:/").FailsClearly(1, "source can not be empty");
        host.Run("cp", "x:/a", "").FailsClearly(1, "destination can not be empty");
        Assert.Contains("requires exactly 2 arguments", host.Run("cp", "x").Exits(1).Error);
    }

    [Fact]
    public void What_was_copied_is_told_on_a_terminal_unless_asked_not_to()
    {
        var folder = host.NewFolder();
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        Assert.Contains($"to {folder}/f", Shell($"script -qc '$SKIFF cp {container.Name}:/bin/sh {folder}/f'").Out);
        Assert.Equal("", Shell($"script -qc '$SKIFF cp -q {container.Name}:/bin/sh {folder}/f'").Out);
        Assert.Equal("", Shell($"$SKIFF cp {container.Name}:/bin/sh {folder}/f").Out);
    }

    private CommandResult Shell(string script) => Command.Shell(script, host.Variables(), host.NewFolder());
}
