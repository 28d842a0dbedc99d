using Skiff.Agent.Cli.Progress;

namespace Skiff.Agent.Tests.Cli.Progress;

/// <summary>What the environment says of a terminal.</summary>
public sealed class ProgressStyleTests
{
    [Theory]
    [InlineData("LANG=C.UTF-8", true)]
    [InlineData("LANG=de_DE.utf8", true)]
    [InlineData("LC_CTYPE=en_US.UTF-8 LANG=C", true)]
    [InlineData("LC_ALL=C LANG=en_US.UTF-8", false)]
    [InlineData("LC_ALL= LANG=en_US.UTF-8", true)]
    [InlineData("LANG=en_US.ISO-8859-1", false)]
    [InlineData("", false)]
    [InlineData("LANG=ja_JP.UTF-8", false)] // Bars may be two columns wide there.
    [InlineData("LANG=en_US.UTF-8 TERM=linux", false)]
    [InlineData("LANG=en_US.UTF-8 TERM=vt220", false)]
    [InlineData("LANG=en_US.UTF-8 TERM=xterm-256color", true)]
    public void Characters_beyond_ascii_need_a_locale_and_a_terminal(string variables, bool unicode) =>
        Assert.Equal(unicode, Of(variables).Unicode);

    [Theory]
    [InlineData("", true)]
    [InlineData("NO_COLOR=", true)]
    [InlineData("NO_COLOR=1", false)]
    public void Colours_can_be_refused(string variables, bool colour) =>
        Assert.Equal(colour, Of(variables).Colour);

    private static ProgressStyle Of(string variables)
    {
        Dictionary<string, string> table = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(one => one.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return ProgressStyle.Of(name => table.GetValueOrDefault(name));
    }
}
