using System.Reflection;
using System.Runtime.Loader;

namespace Skiff.Interop.Tests.Abi;

/// <summary>
/// Every struct and constant of Skiff.Interop against the C headers of the system, for both architectures.
/// </summary>
public class AbiTests(ITestOutputHelper output)
{
    private const string CrossCompiler = "aarch64-linux-gnu-gcc";

    [Fact]
    public void Structs_and_constants_are_those_of_the_headers_on_x64()
    {
        Assert.SkipUnless(Tool.Exists("gcc"), "gcc is not installed (apt-get install gcc libc6-dev)");
        Check("gcc", typeof(Fd).Assembly);
    }

    [Fact]
    public void Structs_and_constants_are_those_of_the_headers_on_arm64()
    {
        Assert.SkipUnless(Tool.Exists(CrossCompiler),
            $"{CrossCompiler} is not installed (apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross)");
        // The same sources compiled for arm64: managed code of any architecture can be looked at.
        string path = Path.Combine(AppContext.BaseDirectory, "arm64", "Skiff.Interop.dll");
        var context = new AssemblyLoadContext("arm64", isCollectible: true);
        try
        {
            Assembly interop = context.LoadFromAssemblyPath(path);
            Assert.NotSame(typeof(Fd).Assembly, interop);
            Check(CrossCompiler, interop);
        }
        finally
        {
            context.Unload();
        }
    }

    [Fact]
    public void Structs_with_the_kernels_names_all_have_a_row() =>
        Assert.Empty(AbiRows.StructsWithoutRow(typeof(Fd).Assembly));

    [Fact]
    public void Wrong_claim_is_noticed()
    {
        Assert.SkipUnless(Tool.Exists("gcc"), "gcc is not installed (apt-get install gcc libc6-dev)");
        AbiRow[] rows =
        [
            new("ENOENT", 2, 32, "right"), new("ENOENT", 3, 32, "wrong"), new("ENOSUCHNAME", 1, 32, "unknown"),
            new("offsetof(struct stat, st_ino)", 9, 64, "wrong"), new("offsetof(struct nothing, x)", 0, 64, "unknown"),
        ];
        Dictionary<AbiRow, bool> verdicts = AbiCompiler.Check("gcc", AbiTable.Units[0], rows);
        Assert.Equal(["right", "wrong", "wrong"], verdicts.Select(pair => pair.Key.Source).Order());
        Assert.Equal(["ENOENT 2"], verdicts.Where(pair => pair.Value)
            .Select(pair => $"{pair.Key.Expression} {pair.Key.Value}"));
    }

    private void Check(string compiler, Assembly interop)
    {
        List<AbiRow> rows = AbiRows.Of(interop);
        var known = new HashSet<AbiRow>();
        var wrong = new List<string>();
        foreach (AbiUnit unit in AbiTable.Units)
            foreach ((AbiRow row, bool holds) in AbiCompiler.Check(compiler, unit, rows))
            {
                known.Add(row);
                if (!holds) wrong.Add($"{row.Expression} is not {row.Value} (0x{row.Value:x}): {row.Source}");
            }
        string[] unknown =
            [.. rows.Where(row => !known.Contains(row)).Select(row => $"{row.Expression}: {row.Source}")];
        output.WriteLine(
            $"{compiler}: {known.Count} of {rows.Count} claims checked; the headers lack {unknown.Length}:");
        foreach (string name in unknown) output.WriteLine($"  {name}");
        Assert.Empty(wrong);
        Assert.DoesNotContain(unknown, claim => !IsNewer(claim.Split(": ")[0]));
        Assert.True(known.Count >= AbiTable.Floor,
            $"only {known.Count} claims were checked, expected {AbiTable.Floor}");
    }

    // A name, or the size or an offset of a struct.
    private static bool IsNewer(string expression) => AbiTable.NewerThanHeaders.Keys.Any(name => expression == name
        || expression.StartsWith($"sizeof({name})") || expression.StartsWith($"offsetof({name},"));
}
