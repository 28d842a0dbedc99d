using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`commit`: images of containers.</summary>
public sealed class CommitTests(SkiffHost host)
{
    private const string Change = "echo new > /added; rm /etc/passwd; mkdir -p /d; ln /added /d/same; chown 3000000 /d";
    private const string Look = "cat /added; ls /etc/passwd 2>&1; stat -c '%u' /d; stat -c %h /d/same";
    private const string Expected = "new\nls: /etc/passwd: No such file or directory\n3000000\n2";

    [Fact]
    public void Image_of_a_stopped_container_has_its_changes_and_its_command()
    {
        var (container, image) = (host.NewName(), host.NewName("image"));
        host.Run("run", "--name", container, "-e", "WHO=me", host.Busybox, "sh", "-c", Change).Exits(0);
        var id = host.Run("commit", "-a", "somebody", "-m", "why", "-c", "CMD [\"sh\", \"-c\", \"echo $WHO\"]",
            container, image).Exits(0).Text();
        Assert.Matches("^sha256:[0-9a-f]{64}$", id);
        Assert.Equal(Expected, host.Run("run", "--rm", image, "sh", "-c", Look).Text());
        Assert.Equal("me", host.Run("run", "--rm", image).Text());
        var shown = JsonNode.Parse(host.Run("inspect", image).Text())![0]!;
        Assert.Equal(id, (string)shown["Id"]!);
        Assert.Equal("somebody", (string)shown["Author"]!);
        Assert.Contains(host.Run("images").Lines, line => line.StartsWith(image + " "));
        Remove(container, image);
        Assert.Equal(0, host.Run("system", "check", "-q").ExitCode);
    }

    [Fact]
    public void Holes_of_a_file_take_no_room_in_the_image()
    {
        var (container, image) = (host.NewName(), host.NewName("image"));
        var sum = host.Run("run", "--name", container, host.Busybox, "sh", "-c",
            "truncate -s 300M /holes; echo end >> /holes; md5sum /holes").Text();
        host.Run("commit", container, image).Exits(0);
        Assert.Equal(sum, host.Run("run", "--rm", image, "md5sum", "/holes").Text());
        Assert.Matches("kB$", host.Run("history", "--format", "{{.Size}}", image).Lines[0]);
        Remove(container, image);
    }

    [Fact]
    public void Running_container_goes_on_after_its_commit_and_the_image_is_of_that_moment()
    {
        var image = host.NewName("image");
        using var container = host.Detached(host.Busybox, "sh", "-c", "echo first > /file; sleep 1000");
        Wait.Until(() => container.Exec("cat /file").Out == "first\n", "/file is written");
        host.Run("commit", container.Name, image).Exits(0);
        Assert.Equal("running", container.Get("State.Status"));
        container.Exec("echo second > /file").Exits(0);
        Assert.Equal("first", host.Run("run", "--rm", image, "cat", "/file").Text());
        host.Run("rmi", image).Exits(0);
    }

    [Fact]
    public void A_container_that_somebody_thaws_meanwhile_is_committed_all_the_same()
    {
        var image = host.NewName("image");
        using var container = host.Detached(
            host.Busybox, "sh", "-c", "head -c 200000000 /dev/urandom > /much; touch /made; sleep 1000");
        Wait.Until(() => container.Exec("test -e /made").ExitCode == 0, "/much is there");
        var freezer = $"{HostState.CgroupRoot}/skiff/{container.Get("Id")}/cgroup.freeze";
        using (Command commit = host.Start("commit", container.Name, image))
        {
            while (!commit.HasExited && !Reads(commit.Pid, "/much"))
            {
            }
            // As `unpause` does, for which there may be too little time.
            File.WriteAllText(freezer, "0");
            Assert.Matches("^sha256:", commit.Finish().Text());
        }
        Assert.Equal("running", container.Get("State.Status"));
        host.Run("rmi", image).Exits(0);

        static bool Reads(int pid, string name)
        {
            try
            {
                return Directory.GetFiles($"/proc/{pid}/fd").Any(
                    fd => new FileInfo(fd).LinkTarget?.EndsWith(name) is true);
            }
            catch (IOException)
            {
                return false; // A descriptor, or the process, has just gone.
            }
        }
    }

    [Fact]
    public void Commit_of_a_commit_adds_a_layer_and_outlives_the_images_below()
    {
        var (one, two) = (host.NewName("image"), host.NewName("image"));
        var container = host.NewName();
        host.Run("run", "--name", container, host.Busybox, "sh", "-c", "echo 1 > /one").Exits(0);
        host.Run("commit", container, one).Exits(0);
        host.Run("rm", container).Exits(0);
        host.Run("run", "--name", container, one, "sh", "-c", "cat /one > /two").Exits(0);
        host.Run("rmi", "-f", one).Exits(0);
        host.Run("commit", container, two).Exits(0);
        Assert.Equal("1\n1", host.Run("run", "--rm", two, "cat", "/one", "/two").Text());
        Remove(container, two);
        Assert.Equal(0, host.Run("system", "check", "-q").ExitCode);
    }

    [Fact]
    public void Image_without_a_name_is_known_by_its_id_and_pruned()
    {
        using var own = new OwnRoots(host); // A prune would take the images of other tests.
        own.Run("pull", "-q", host.Busybox).Exits(0);
        own.Run("create", "--name", "made", host.Busybox, "true").Exits(0);
        var id = own.Run("commit", "made").Exits(0).Text();
        Assert.Equal("", own.Run("run", "--rm", id, "true").Exits(0).Text());
        own.Run("rm", "made").Exits(0);
        Assert.Contains($"deleted: {id}", own.Run("image", "prune", "-f").Out);
    }

    [Theory]
    [InlineData("nobody", "image", "No such container: nobody")]
    [InlineData("nobody", "UPPER", "invalid reference format")]
    public void What_cannot_be_is_one_clear_error(string container, string image, string word) =>
        host.Run("commit", container, image).FailsClearly(1, word);

    [Fact]
    public void A_bad_change_makes_nothing()
    {
        var container = host.NewName();
        host.Run("create", "--name", container, host.Busybox, "true").Exits(0);
        host.Run("commit", "-c", "RUN true", container, "never").FailsClearly(1, "not a valid change command");
        Assert.DoesNotContain(host.Run("images").Lines, line => line.StartsWith("never "));
        host.Run("rm", container).Exits(0);
    }

    private void Remove(string container, string image)
    {
        host.Run("rm", container).Exits(0);
        host.Run("rmi", image).Exits(0);
    }
}
