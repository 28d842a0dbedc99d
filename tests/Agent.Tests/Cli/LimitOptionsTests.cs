using Skiff.Agent.Cli;
using Skiff.Agent.Manager;
using Skiff.Layers.Tar;

namespace Skiff.Agent.Tests.Cli;

public class LimitOptionsTests
{
    [Fact]
    public void Limits_are_changed_by_name()
    {
        IngestLimits expected = IngestLimits.Default with { LayerBytes = 1L << 37, Entries = 4_000_000 };
        Assert.Equal(expected, LimitOptions.Parse("layer-bytes=128g, layer-entries=4000000,"));
        Assert.Equal(IngestLimits.Default, LimitOptions.Parse(""));
        Assert.Null(LimitOptions.Parse(null));
    }

    [Fact]
    public void Every_name_that_is_listed_can_be_changed()
    {
        foreach (string name in IngestLimits.Names.Split(", "))
            Assert.NotEqual(IngestLimits.Default, LimitOptions.Parse($"{name}=77"));
    }

    [Theory]
    [InlineData("layer-bites=1", "unknown limit \"layer-bites\": expected one of layer-bytes, layer-ratio, ")]
    [InlineData("layer-bytes", "bad limit \"layer-bytes\": invalid size")]
    [InlineData("layer-bytes=x", "bad limit \"layer-bytes=x\": invalid size")]
    [InlineData("layer-bytes=0", "expected a number from 1 to ")]
    [InlineData("path-bytes=5000", "bad limit \"path-bytes=5000\": expected a number from 1 to 4095")]
    [InlineData("path-bytes=-1", "bad limit")]
    public void Bad_limits_are_refused(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<UsageException>(() => LimitOptions.Parse(text)).Message);
}
