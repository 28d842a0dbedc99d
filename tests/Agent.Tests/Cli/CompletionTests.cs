using Skiff.Agent.Cli;

namespace Skiff.Agent.Tests.Cli;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("unp", "unpause")]
    [InlineData("res", "restart")]
    [InlineData("vol", "volume")]
    [InlineData("__", "")]
    [InlineData("--root /a --de", "--debug")]
    [InlineData("--root /a paus", "pause")]
    [InlineData("volume c", "create")]
    [InlineData("image un", "unpin")]
    [InlineData("network p", "policy prune")]
    [InlineData("network policy ", "create inspect ls rm test")]
    [InlineData("network policy x ", "")]
    [InlineData("run --cap", "--cap-add --cap-drop")]
    [InlineData("run --rm --help", "--help")]
    [InlineData("run --name ", "")]
    [InlineData("run -it --name x busybox --", "")]
    [InlineData("volume create ", "")]
    [InlineData("wrong ", "")]
    [InlineData("ps --wrong ", "")]
    [InlineData("--root", "--root")]
    [InlineData("--root ", "")]
    [InlineData("help", "")]
    public void Words_of_the_tables_are_proposed(string line, string proposed) =>
        Assert.Equal(proposed, string.Join(' ', Completion.Of(line.Split(' '), VerbTable.Rows)));
}
