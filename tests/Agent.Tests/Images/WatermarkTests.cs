using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Tests.Images;

public class WatermarkTests
{
    // 1000 MB, of which the filesystem keeps 50 for root.
    private static FilesystemStatus Disk(int freeMb, int freeInodes = 1000) =>
        new(FilesystemTypes.EXT4_SUPER_MAGIC, 4096, 1000 << 20, (ulong)freeMb << 20,
            (ulong)Math.Max(0, freeMb - 50) << 20, 1000, (ulong)freeInodes);

    [Theory]
    [InlineData("80%", 250, false)]
    [InlineData("80%", 240, false)] // 760 of 950 is 80 percent.
    [InlineData("80%", 239, true)]
    [InlineData("100%", 0, false)]
    [InlineData("0%", 999, true)]
    [InlineData("0%", 1000, false)]
    [InlineData("100m", 150, false)]
    [InlineData("100m", 149, true)]
    public void Mark_is_exceeded_as_df_counts(string mark, int freeMb, bool exceeded)
    {
        Assert.True(Watermark.TryParse(mark, out Watermark parsed, out _));
        Assert.Equal(exceeded, parsed.IsExceeded(Disk(freeMb)));
    }

    [Fact]
    public void Percentage_counts_inodes_too_where_there_is_a_number_of_them()
    {
        Watermark.TryParse("80%", out Watermark mark, out _);
        Assert.False(mark.IsExceeded(Disk(900, freeInodes: 200)));
        Assert.True(mark.IsExceeded(Disk(900, freeInodes: 199)));
        Assert.False(mark.IsExceeded(Disk(900) with { TotalInodes = 0, FreeInodes = 0 }));
    }

    [Theory]
    [InlineData("90%", "80%")]
    [InlineData("5%", "0%")]
    [InlineData("500m", "1g")]
    public void Low_mark_is_made_of_the_high_one(string high, string low)
    {
        Watermarks marks = Watermarks.Parse(high, null);
        Watermark.TryParse(low == "1g" ? "1000m" : low, out Watermark expected, out _);
        Assert.Equal(expected, marks.Low);
    }

    [Fact]
    public void Both_marks_can_be_given_as_one_text()
    {
        Assert.Equal(Watermarks.Parse("90%", "70%"), Watermarks.Parse("90%,70%"));
        Assert.Equal(Watermarks.Parse("500m", null), Watermarks.Parse("500m"));
        Assert.Throws<UsageException>(() => Watermarks.Parse("90%,"));
    }

    [Theory]
    [InlineData("90%", "91%", "above the high one")]
    [InlineData("500m", "400m", "above the high one")]
    [InlineData("101%", null, "90%")]
    [InlineData("-1%", null, "90%")]
    [InlineData("x%", null, "90%")]
    [InlineData("", null, "size")]
    [InlineData("many", null, "size")]
    [InlineData("90", null, "90%")]
    public void Impossible_marks_are_refused_with_a_reason(string high, string? low, string words) =>
        Assert.Contains(words, Assert.Throws<UsageException>(() => Watermarks.Parse(high, low)).Message);
}
