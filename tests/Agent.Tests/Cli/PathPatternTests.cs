using Skiff.Agent.Cli;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cli;

/// <summary>Patterns with the answers of Go's path.Match.</summary>
public sealed class PathPatternTests
{
    [Theory]
    [InlineData("busybox", "busybox", true)]
    [InlineData("busybox", "busybox2", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "busybox:latest", true)]
    [InlineData("*", "host:5000/busybox", false)]
    [InlineData("*/*", "host:5000/busybox", true)]
    [InlineData("*/*", "host/a/b", false)]
    [InlineData("b*x:l*", "busybox:latest", true)]
    [InlineData("b*x:l*", "busybox:edge", false)]
    [InlineData("b**x", "busybox", true)]
    [InlineData("*x*x", "axbxcx", true)]
    [InlineData("?usybox", "busybox", true)]
    [InlineData("?usybox", "usybox", false)]
    [InlineData("a?b", "a/b", false)]
    [InlineData("[a-c]usybox", "busybox", true)]
    [InlineData("[^a-c]usybox", "busybox", false)]
    [InlineData("[^a-c]usybox", "dusybox", true)]
    [InlineData("[xb]usybox", "busybox", true)]
    [InlineData("a[^x]b", "a/b", false)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("a\\*b", "a*b", true)]
    [InlineData("a\\*b", "axb", false)]
    public void Pattern_fits_what_path_match_fits(string pattern, string text, bool fits)
    {
        PathPattern.Check(pattern);
        Assert.Equal(fits, PathPattern.Fits(pattern, text));
    }

    [Theory]
    [InlineData("[a-c")]
    [InlineData("[")]
    [InlineData("[a-")]
    [InlineData("[]")]
    [InlineData("a\\")]
    [InlineData("a[")]
    [InlineData("*x[")]
    public void Malformed_pattern_is_refused_before_it_is_compared(string pattern) =>
        Assert.Throws<UsageException>(() => PathPattern.Check(pattern));
}
