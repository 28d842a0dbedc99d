using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Hostile;

public class HostileTableTests(ITestOutputHelper output)
{
    [Fact]
    public void Table_has_at_least_200_rows_with_names_of_their_own()
    {
        IReadOnlyList<HostileRow> rows = HostileTable.All;
        string text = $"hostile table: {rows.Count} rows, {rows.Count(row => row.Tree is null)} of them refused, "
            + "each against both stores";
        output.WriteLine(text);
        Console.WriteLine(text);
        Assert.True(rows.Count >= 200, text);
        Assert.Equal(rows.Count, rows.DistinctBy(row => row.Name).Count());
    }

    [Theory]
    [InlineData("outside/victim", "x")]
    [InlineData("outside/d/new", "x")]
    [InlineData("escaped", "x")]
    [InlineData("outside/d/deep/f", null)]
    public void Touch_of_what_is_outside_is_noticed(string path, string? content)
    {
        using var sandbox = new Sandbox();
        var outside = new Outside(sandbox.Base);
        outside.AssertUntouched();
        string full = Path.Combine(sandbox.Base, path);
        if (content is null) File.SetUnixFileMode(full, UnixFileMode.UserRead);
        else File.WriteAllText(full, content);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(outside.AssertUntouched);
    }

    [Fact]
    public void Row_says_what_is_refused_or_what_is_left()
    {
        foreach (HostileRow row in HostileTable.All)
            Assert.True(row.Tree is null == row.Says.Any(text => text.Length > 0), row.Name);
    }
}
