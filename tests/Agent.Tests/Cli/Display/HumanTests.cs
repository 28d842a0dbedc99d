using Skiff.Agent.Cli.Display;

namespace Skiff.Agent.Tests.Cli.Display;

public sealed class HumanTests
{
    [Theory]
    [InlineData(0, "0B")]
    [InlineData(999, "999B")]
    [InlineData(1000, "1kB")]
    [InlineData(1234, "1.23kB")]
    [InlineData(13256, "13.3kB")]
    [InlineData(4269678, "4.27MB")]
    [InlineData(117_000_000, "117MB")]
    [InlineData(999_600, "1MB")]
    [InlineData(1_040_000_000, "1.04GB")]
    [InlineData(2e12, "2TB")]
    public void Sizes_have_three_digits_and_decimal_units(double bytes, string text) =>
        Assert.Equal(text, HumanSize.Decimal(bytes));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(1023, "1023B")]
    [InlineData(1024, "1KiB")]
    [InlineData(2088763392, "1.945GiB")]
    [InlineData(67108864, "64MiB")]
    [InlineData(745472, "728KiB")]
    public void Memory_has_four_digits_and_binary_units(double bytes, string text) =>
        Assert.Equal(text, HumanSize.Binary(bytes));

    [Theory]
    [InlineData(0, "Less than a second")]
    [InlineData(1, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "About a minute")]
    [InlineData(119, "About a minute")]
    [InlineData(120, "2 minutes")]
    [InlineData(59 * 60, "59 minutes")]
    [InlineData(60 * 60, "About an hour")]
    [InlineData(90 * 60, "2 hours")]
    [InlineData(47 * 3600, "47 hours")]
    [InlineData(48 * 3600, "2 days")]
    [InlineData(13 * 86400, "13 days")]
    [InlineData(14 * 86400, "2 weeks")]
    [InlineData(59 * 86400, "8 weeks")]
    [InlineData(60 * 86400, "2 months")]
    [InlineData(729 * 86400, "24 months")]
    [InlineData(730 * 86400, "2 years")]
    public void Durations_are_told_in_the_largest_unit(int seconds, string text)
    {
        Assert.Equal(text, HumanDuration.Of(TimeSpan.FromSeconds(seconds)));
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddDays(10_000);
        Assert.Equal(text + " ago", HumanDuration.Since(now.AddSeconds(-seconds), now));
    }
}
