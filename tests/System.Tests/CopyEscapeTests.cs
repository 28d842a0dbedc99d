namespace Skiff.System.Tests;

/// <summary>`cp` beside a container that wants it to read or write files of the host.</summary>
public sealed class CopyEscapeTests(SkiffHost host)
{
    private const int Copies = 150;

    [Fact]
    public void Exchanging_a_directory_with_a_symlink_leads_no_copy_to_the_host()
    {
        // CVE-2018-15664: docker resolved a path, and used it when it had become another.
        var folder = host.NewFolder();
        File.WriteAllText($"{folder}/bait", "outside");
        Command.Run("gcc", "-O1", "-static", "-o", $"{folder}/exchange", SkiffHost.Source("tests/faults/exchange.c"))
            .Exits(0);
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("cp", $"{folder}/exchange", $"{container.Name}:/exchange").Exits(0);
        container.Exec($"mkdir /x; echo inside > /x/bait; ln -s {folder} /y").Exits(0);
        host.Run("exec", "-d", container.Name, "/exchange", "/x", "/y").Exits(0);
        var (inside, missing) = (0, 0);
        File.WriteAllText($"{folder}/new", "written");
        for (var i = 0; i < Copies; i++)
        {
            if (host.Run("cp", $"{container.Name}:/x/bait", $"{folder}/got").ExitCode == 0) inside++;
            else missing++;
            host.Run("cp", $"{container.Name}:/x", $"{folder}/tree");
            host.Run("cp", $"{folder}/new", $"{container.Name}:/x/bait");
            host.Run("cp", $"{folder}/new", $"{container.Name}:/x/");
            Assert.NotEqual("outside", File.Exists($"{folder}/got") ? File.ReadAllText($"{folder}/got") : "");
            Command.Run("rm", "-rf", $"{folder}/got", $"{folder}/tree").Exits(0);
        }
        Assert.Equal("outside", File.ReadAllText($"{folder}/bait"));
        Assert.True(inside > 0 && missing > 0, $"{inside} copies and {missing} failures: nothing was exchanged");
        // What went through the symlink went below the container's root.
        host.Run("stop", "-t", "0", container.Name).Exits(0);
        host.Run("cp", $"{container.Name}:{folder}/bait", $"{folder}/own").FailsClearly(1, "Could not find the file");
    }

    [Fact]
    public void Exchanging_a_directory_with_a_symlink_brings_no_file_of_the_host_into_exports_and_images()
    {
        var (folder, image) = (host.NewFolder(), host.NewName("image"));
        File.WriteAllText($"{folder}/bait", "outside-secret");
        Command.Run("gcc", "-O1", "-static", "-o", $"{folder}/exchange", SkiffHost.Source("tests/faults/exchange.c"))
            .Exits(0);
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        host.Run("cp", $"{folder}/exchange", $"{container.Name}:/exchange").Exits(0);
        container.Exec($"mkdir /x; echo inside > /x/bait; ln -s {folder} /y").Exits(0);
        host.Run("exec", "-d", container.Name, "/exchange", "/x", "/y").Exits(0);
        for (var i = 0; i < 20; i++)
        {
            host.Run("export", "-o", $"{folder}/tar", container.Name);
            var tar = File.Exists($"{folder}/tar") ? File.ReadAllText($"{folder}/tar") : "";
            Assert.DoesNotContain("outside-secret", tar);
            Assert.DoesNotContain($"/x{folder}", host.Run("diff", container.Name).Exits(0).Out);
        }
        host.Run("commit", container.Name, image).Exits(0);
        const string look = "cat /x/bait /y/bait 2> /dev/null; true";
        Assert.Equal("inside", host.Run("run", "--rm", image, "sh", "-c", look).Text());
        host.Run("rmi", image).Exits(0);
    }

    [Fact]
    public void Nothing_of_the_container_runs_or_is_loaded_for_a_copy()
    {
        // CVE-2019-14271: docker-tar loaded the container's libnss_files.
        var folder = host.NewFolder();
        Command.Shell("""
            cd $1; echo "#include <fcntl.h>
            __attribute__((constructor)) static void run(void) { open(\"$1/taken\", O_CREAT | O_WRONLY, 0600); }" > l.c
            gcc -shared -fPIC -o l.so l.c
            """, folder).Exits(0);
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        foreach (var directory in (string[])["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64"])
        {
            container.Exec($"mkdir -p {directory}").Exits(0);
            foreach (var name in (string[])["libnss_files.so.2", "libnss_compat.so.2", "libc.so.6", "libdl.so.2"])
                host.Run("cp", $"{folder}/l.so", $"{container.Name}:{directory}/{name}").Exits(0);
        }
        container.Exec("echo '/lib64/libc.so.6' > /etc/ld.so.preload").Exits(0);
        host.Run("cp", $"{container.Name}:/etc", folder).Exits(0);
        host.Run("cp", $"{folder}/l.c", $"{container.Name}:/").Exits(0);
        host.Run("stop", "-t", "0", container.Name).Exits(0);
        host.Run("cp", $"{container.Name}:/etc", folder).Exits(0);
        Assert.False(File.Exists($"{folder}/taken"));
    }

    [Fact]
    public void Symlinks_where_a_volume_is_to_be_mounted_lead_nowhere_but_into_the_container()
    {
        var (folder, image, name) = (host.NewFolder(), host.NewName("image"), host.NewName());
        File.WriteAllText($"{folder}/f", "hi");
        Directory.CreateDirectory($"{folder}/host/data");
        using (var maker = host.Detached(host.Busybox, "sh", "-c",
            $"mkdir -p {folder}/host; ln -s {folder}/host /way"))
        {
            maker.WaitFor("exited");
            host.Run("commit", maker.Name, image).Exits(0);
        }
        using (var container = new Container(host, name, host.Run("create", "--name", name, "-v",
            host.NewName("v") + ":/way/data", image, "sh", "-c", $"cat /way/data/f; cat {folder}/host/data/f").Text()))
        {
            host.Run("cp", $"{folder}/f", $"{name}:/way/data/f").Exits(0);
            Assert.Empty(Directory.GetFileSystemEntries($"{folder}/host/data"));
            Assert.Equal("hihi", host.Run("start", "-a", name).Exits(0).Out);
        }
        host.Run("rmi", image).Exits(0);
    }

    [Fact]
    public void Hostile_tars_stay_below_the_directory_that_they_are_extracted_to()
    {
        var folder = host.NewFolder();
        File.WriteAllText($"{folder}/bait", "outside");
        using var container = host.Detached(host.Busybox, "sleep", "1000");
        // A symlink to the host, and a file and a hard link through it.
        var result = Command.Shell($$"""
            cd $1; mkdir one two; ln -s $1 one/way; mkdir two/way; echo evil > two/way/bait
            (tar c -C one way; tar c -C two way/bait) | $SKIFF cp - {{container.Name}}:/tmp
            tar c -C one way | $SKIFF cp - {{container.Name}}:/tmp
            tar c -C two way/bait | $SKIFF cp - {{container.Name}}:/tmp
            """, host.Variables(), folder);
        Assert.Equal("outside", File.ReadAllText($"{folder}/bait"));
        Assert.DoesNotContain("Unhandled", result.Error);
    }
}
