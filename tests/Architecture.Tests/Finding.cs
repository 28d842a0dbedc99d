namespace Skiff.Architecture.Tests;

/// <summary>One place that breaks a rule.</summary>
/// <param name="Path">Relative to the repository's root.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">What is wrong there and what the rule asks for.</param>
internal readonly record struct Finding(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}:{Line}: {Message}";

    /// <summary>Fails with one line per finding.</summary>
    public static void AssertNone(IEnumerable<Finding> findings)
    {
        var lines = findings.Select(finding => finding.ToString()).Distinct().ToList();
        Assert.True(lines.Count == 0, $"{lines.Count} findings:\n{string.Join('\n', lines)}");
    }
}
