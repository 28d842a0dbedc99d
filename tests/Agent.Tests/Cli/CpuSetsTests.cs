using Skiff.Agent.Cli.Values;

namespace Skiff.Agent.Tests.Cli;

public sealed class CpuSetsTests
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-2,4", new[] { 0, 1, 2, 4 })]
    [InlineData("3,3-4", new[] { 3, 4 })]
    public void A_list_names_numbers(string list, int[] numbers) =>
        Assert.Equal(numbers, CpuSets.TryParse(list)!.Order());

    [Theory]
    [InlineData("a")]
    [InlineData("0-")]
    [InlineData("2-1")]
    [InlineData("0-1-2")]
    [InlineData("0,,1")]
    [InlineData("-1")]
    [InlineData("0-99999999")]
    public void Other_texts_are_no_list(string list) => Assert.Null(CpuSets.TryParse(list));
}
