namespace Skiff.System.Tests;

/// <summary>`--user` in all its forms, resolved by the image's own files.</summary>
public sealed class UserTests(SkiffHost host)
{
    [Theory]
    [InlineData("web", "uid=1000(web) gid=1000(web) groups=44(video),1000(web),2000(extra)")]
    [InlineData("1000", "uid=1000(web) gid=1000(web) groups=44(video),1000(web),2000(extra)")]
    [InlineData("web:video", "uid=1000(web) gid=44(video) groups=44(video)")]
    [InlineData("1000:44", "uid=1000(web) gid=44(video) groups=44(video)")]
    [InlineData("0", "uid=0(root) gid=0(root) groups=0(root)")]
    [InlineData("4321", "uid=4321 gid=0(root) groups=0(root)")]
    [InlineData("4321:8765", "uid=4321 gid=8765 groups=8765")]
    public void User_is_found_by_name_and_number_with_its_groups(string user, string expected)
    {
        var seen = host.Run("run", "--rm", "-u", user, host.Probe, "id").Text();
        Assert.Equal(expected, seen);
    }

    [Fact]
    public void Groups_can_be_added() =>
        Assert.Contains("3000",
            host.Run("run", "--rm", "--group-add", "3000", host.Probe, "id", "-G").Text().Split(' '));

    [Fact]
    public void Home_is_the_users()
    {
        Assert.Equal("/data", host.Run("run", "--rm", host.Probe, "sh", "-c", "echo $HOME").Text());
        Assert.Equal("/root", host.Run("run", "--rm", "-u", "root", host.Probe, "sh", "-c", "echo $HOME").Text());
        Assert.Equal("/", host.Run("run", "--rm", "-u", "4321", host.Probe, "sh", "-c", "echo $HOME").Text());
    }

    [Theory]
    [InlineData("nobody-here", "nobody-here")]
    [InlineData("web:no-group", "no-group")]
    public void Unknown_user_or_group_is_one_clear_error(string user, string word)
    {
        using var own = new OwnRoots(host);
        own.Run("pull", "-q", host.Probe).Exits(0);
        own.Run("run", "--rm", "-u", user, host.Probe, "id").FailsClearly(125, word);
        Assert.DoesNotContain(HostState.MountsBelow(own.Folder), path => !path.Contains("/run/layers"));
    }

    [Fact]
    public void Files_of_the_image_keep_their_owner() =>
        Assert.Equal("1000:1000 750",
            host.Run("run", "--rm", host.Probe, "stat", "-c", "%u:%g %a", "/data/sub").Text());
}
