namespace Skiff.System.Tests;

/// <summary>`images`: what is listed.</summary>
public sealed class ImagesTests(SkiffHost host) : IDisposable
{
    private readonly string _name = host.NewName("filter");

    public void Dispose() => host.Run("rmi", $"{_name}:one", $"{_name}:two", $"{_name}/deep:one", $"{_name}-new");

    [Theory]
    [InlineData("NAME:one NAME:two NAME/deep:one NAME-new:latest", "reference=NAME*", "reference=NAME/*")]
    [InlineData("NAME:one NAME:two", "reference=NAME")]
    [InlineData("NAME:two", "reference=NAME:t*")]
    [InlineData("NAME/deep:one", "reference=*/deep", "dangling=false")]
    [InlineData("", "reference=NAME*", "dangling=true")]
    [InlineData("NAME-new:latest", "reference=NAME*", "label=filter=NAME")]
    [InlineData("NAME-new:latest", "since=NAME:one", "reference=NAME*")]
    [InlineData("NAME:one NAME:two", "before=NAME-new", "reference=NAME")]
    [InlineData("NAME:one NAME:two", "until=24h", "reference=NAME")]
    public void Filters_choose_images_and_names(string expected, params string[] filters)
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        foreach (string tag in (string[])[":one", ":two", "/deep:one"])
            host.Run("tag", host.Busybox, _name + tag).Exits(0);
        string container = host.NewName();
        host.Run("create", "--name", container, host.Busybox).Exits(0);
        host.Run("commit", "-c", $"LABEL filter={_name}", container, _name + "-new").Exits(0);
        host.Run("rm", container).Exits(0);
        string[] options = [.. filters.SelectMany(filter => (string[])["-f", filter.Replace("NAME", _name)])];
        string[] lines = host.Run(["images", "--format", "{{.Repository}}:{{.Tag}}", .. options]).Exits(0).Lines;
        Assert.Equal(expected.Replace("NAME", _name).Split(' ').Order(), lines.Order());
    }

    [Fact]
    public void Formats_have_dockers_fields()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        foreach (string tag in (string[])[":one", ":two"]) host.Run("tag", host.Busybox, _name + tag).Exits(0);
        string container = host.NewName();
        host.Run("create", "--name", container, host.Busybox, "sh", "-c", "echo more > /more").Exits(0);
        host.Run("start", "-a", container).Exits(0);
        host.Run("commit", container, _name + "-new").Exits(0);
        string[] Of(string format, string name) => host.Run("images", "--format", format, name).Exits(0).Lines;
        Assert.Equal(["2025-01-01 00:00:00 +0000 UTC"], Of("{{.CreatedAt}}", _name + ":one"));
        Assert.Equal(Of("{{.Size}} 0B", _name + ":one"), Of("{{.SharedSize}} {{.UniqueSize}}", _name + ":one"));
        Assert.DoesNotContain("0B", Of("{{.UniqueSize}}", _name + "-new"));
        Assert.NotEqual("0", Of("{{.Containers}}", _name + ":one")[0]);
        Assert.Contains("\"SharedSize\":\"N/A\"", Of("json", _name + ":one")[0]);
        Assert.Equal(2, host.Run("images", "-q", _name).Lines.Length);
        string[] sizes = host.Run("inspect", "-s", "-f", "{{.SizeRw}} {{.SizeRootFs}}", container).Text().Split(' ');
        Assert.True(long.Parse(sizes[0]) > 0 && long.Parse(sizes[1]) > long.Parse(sizes[0]));
        host.Run("images", "--format", "{{.Nope}}").FailsClearly(1, "Nope");
        host.Run("image", "inspect", container).Exits(1);
        host.Run("rm", container).Exits(0);
    }

    [Fact]
    public void Platform_is_the_images_own_or_an_error_that_names_it()
    {
        host.Run("pull", "-q", host.Busybox).Exits(0);
        host.Run("tag", host.Busybox, _name + ":one").Exits(0);
        string name = _name + ":one", tar = Path.Combine(host.NewFolder(), "a.tar");
        string own = host.Run("inspect", "-f", "{{.Os}}/{{.Architecture}}", name).Text();
        foreach (string[] verb in (string[][])[["history"], ["save", "-o", tar], ["image", "inspect"]])
        {
            host.Run([.. verb, "--platform", own, name]).Exits(0);
            CommandResult refused = host.Run([.. verb, "--platform", "linux/s390x", name]).Exits(1);
            Assert.Contains($"specified platform (linux/s390x): it is for {own}", refused.Error);
        }
        host.Run("load", "--platform", own, "-i", tar).Exits(0);
        host.Run("load", "--platform", "linux/s390x", "-i", tar).FailsClearly(1, name, "linux/s390x", own);
    }

    [Fact]
    public void Inspect_says_which_kind_it_has_looked_for()
    {
        Assert.Contains("No such object: nothing", host.Run("inspect", "nothing").Exits(1).Error);
        Assert.Contains("No such image: nothing:latest", host.Run("image", "inspect", "nothing").Exits(1).Error);
        Assert.Contains("No such container: nothing", host.Run("inspect", "--type", "container", "nothing").Exits(1)
            .Error);
        host.Run("inspect", "--type", "nonsense", "x").FailsClearly(1, "unknown type", "nonsense");
        host.Run("inspect", "-f", "{{", "x").FailsClearly(64, "unclosed action");
        Assert.Contains("No such image", host.Run("rmi", "-f", "nothing").Exits(0).Error);
    }

    [Theory]
    [InlineData("color=red", "invalid filter 'color'")]
    [InlineData("dangling", "want name=value")]
    [InlineData("dangling=maybe", "invalid filter 'dangling=maybe'")]
    [InlineData("before=nothing-of-that-name", "No such image: nothing-of-that-name:latest")]
    [InlineData("reference=[", "syntax error in pattern")]
    public void Bad_filter_is_refused(string filter, string error) =>
        Assert.Contains(error, host.Run("images", "-f", filter).Error);
}
