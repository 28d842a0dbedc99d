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

    [Theory]
    [InlineData("color=red", "invalid filter 'color=red'")]
    [InlineData("dangling", "want name=value")]
    [InlineData("dangling=maybe", "invalid filter 'dangling=maybe'")]
    [InlineData("before=nothing-of-that-name", "No such image: nothing-of-that-name:latest")]
    [InlineData("reference=[", "syntax error in pattern")]
    public void Bad_filter_is_refused(string filter, string error) =>
        Assert.Contains(error, host.Run("images", "-f", filter).Error);
}
