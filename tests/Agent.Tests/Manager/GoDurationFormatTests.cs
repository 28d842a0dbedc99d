using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Manager;

public sealed class GoDurationFormatTests
{
    [Theory]
    [InlineData("0s")]
    [InlineData("1.5µs")]
    [InlineData("250ms")]
    [InlineData("1.5s")]
    [InlineData("1m30s")]
    [InlineData("2h0m0s")]
    [InlineData("100h0m0.25s")]
    [InlineData("-3s")]
    public void Durations_are_printed_as_Go_prints_them(string text)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan duration, out _));
        Assert.Equal(text, GoDuration.Format(duration));
    }
}
