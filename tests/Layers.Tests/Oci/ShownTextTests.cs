using System.Text;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Oci;

public class ShownTextTests
{
    [Theory]
    [InlineData("plain ä 漢 😀", "plain ä 漢 😀")]
    [InlineData("a\nb\tc\u001b[2J\u007f", @"a\nb\u{9}c\u{1b}[2J\u{7f}")]
    [InlineData("quote \" and \\", "quote \\\" and \\\\")]
    [InlineData("\u202etxt.exe\u2028\ue000", @"\u{202e}txt.exe\u{2028}\u{e000}")]
    [InlineData("end\0\0", "end")]
    [InlineData("in\0side", @"in\u{0}side")]
    public void Text_is_shown_without_what_acts_upon_a_terminal(string text, string shown) =>
        Assert.Equal(shown, ShownText.Of(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Bytes_that_are_no_text_are_shown_as_numbers() =>
        Assert.Equal(@"a\xff\xc3(", ShownText.Of([(byte)'a', 0xFF, 0xC3, (byte)'(']));

    [Fact]
    public void Long_text_is_cut() =>
        Assert.Equal(new string('x', 200) + "...", ShownText.Of(Encoding.UTF8.GetBytes(new string('x', 201))));

    [Fact]
    public void Message_of_an_exception_is_one_line_of_readable_length()
    {
        Assert.Equal("a \"b\"\\n\\u{1b}c", new ImageException("a \"b\"\n\u001bc").Message);
        Assert.Equal("a \\n b", new ImageException(new ImageException("a \n b").Message).Message);
        Assert.InRange(new ImageException(new string('\0', 100_000)).Message.Length, 1000, 1020);
    }
}
