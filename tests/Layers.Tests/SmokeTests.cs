namespace Skiff.Layers.Tests;

public class SmokeTests
{
    [Fact]
    public void Runner_runs() => Assert.Equal(4, Environment.ProcessPath is null ? 0 : 4);
}
