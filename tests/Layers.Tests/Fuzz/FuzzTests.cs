namespace Skiff.Layers.Tests.Fuzz;

/// <summary>The short form of <c>make fuzz</c>: always the same cases.</summary>
public class FuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Random_input_is_taken_or_refused_as_the_oracle_says(string name)
    {
        (_, Func<FuzzTarget> open, int count) = FuzzTargets.All.Single(row => row.Name == name);
        using FuzzTarget target = open();
        var run = new FuzzRun(target, seed: 1);
        run.Run(0, count, TimeSpan.MaxValue);
        Assert.Equal(count, run.Count);
        output.WriteLine($"fuzz: {name}: {run.Count} cases");
    }

    [Fact]
    public void Failure_names_seed_and_case_and_can_be_repeated()
    {
        int failed = Failing(first: 0, count: 1000);
        Assert.Equal(failed, Failing(failed, 1));
    }

    private static int Failing(int first, int count)
    {
        using var target = new Failure();
        var run = new FuzzRun(target, seed: 7);
        var e = Assert.Throws<FuzzException>(() => run.Run(first, count, TimeSpan.MaxValue));
        Assert.Contains($"seed 7, case {run.Case}", e.Message);
        return run.Case;
    }

    private sealed class Failure : FuzzTarget
    {
        internal override string Name => "failure";

        internal override byte[] Make(Random random) => [(byte)random.Next(100)];

        internal override void Check(byte[] input, bool isWhole, Random random) =>
            Assert.False(input is [13] && random.Next(2) == 0);
    }
}
