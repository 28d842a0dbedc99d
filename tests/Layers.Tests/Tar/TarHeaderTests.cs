using Skiff.Layers.Tar;

namespace Skiff.Layers.Tests.Tar;

public class TarHeaderTests
{
    [Theory]
    [InlineData("0000644\0", 420)]
    [InlineData("   644 \0", 420)]
    [InlineData("77777777", 16777215)]
    [InlineData("\0\0\0\0\0\0\0\0", 0)]
    [InlineData("        ", 0)]
    [InlineData("\u0080\0\0\0\0\0\u0001\0", 256)]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00fe", -2)]
    [InlineData("\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", long.MaxValue)]
    public void Numbers_are_octal_text_or_base_256(string field, long expected)
    {
        Assert.True(TarHeader.TryNumber(System.Text.Encoding.Latin1.GetBytes(field), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("0000648\0")]
    [InlineData("-000644\0")]
    [InlineData("12 34567")]
    [InlineData("\u0080\0\0\u0001\0\0\0\0\0\0\0\0")]
    [InlineData("777777777777777777777777")]
    public void What_is_no_number_or_too_large_is_refused(string field) =>
        Assert.False(TarHeader.TryNumber(System.Text.Encoding.Latin1.GetBytes(field), out _));
}
