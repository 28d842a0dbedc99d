using Skiff.Agent.Cli;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cli;

public class PullRateTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("500k", 500 << 10)]
    [InlineData("2m", 2 << 20)]
    [InlineData("1.5G", 3L << 29)]
    public void Rate_is_read_as_curl_reads_it(string text, long bytesPerSecond) =>
        Assert.Equal(bytesPerSecond, PullRate.Parse("--limit-rate", text).BytesPerSecond);

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1m")]
    [InlineData("m")]
    [InlineData("2x")]
    [InlineData("2m/s")]
    [InlineData("99999999999999999999")]
    public void Anything_else_is_refused_and_what_is_expected_told(string text)
    {
        string message = Assert.Throws<UsageException>(() => PullRate.Parse("SKIFF_LIMIT_RATE", text)).Message;
        Assert.StartsWith("bad SKIFF_LIMIT_RATE: invalid ", message);
        Assert.EndsWith(": expected bytes per second, such as 500k, 2m or 1g", message);
    }

    [Theory]
    [InlineData("72h", 72)]
    [InlineData("0", 0)]
    public void Age_of_what_is_kept_is_a_duration(string text, int hours) =>
        Assert.Equal(TimeSpan.FromHours(hours), GlobalOptions.Age("SKIFF_KEEP_PARTIAL", text));

    [Theory]
    [InlineData("")]
    [InlineData("7d")]
    [InlineData("-1h")]
    public void Other_ages_are_refused(string text) => Assert.StartsWith(
        "bad SKIFF_KEEP_PARTIAL: time: ",
        Assert.Throws<UsageException>(() => GlobalOptions.Age("SKIFF_KEEP_PARTIAL", text)).Message);
}
