namespace Skiff.System.Tests;

/// <summary>What one finished command did.</summary>
/// <param name="Line">The command line, for messages.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Out">All it wrote to stdout.</param>
/// <param name="Error">All it wrote to stderr.</param>
public sealed record CommandResult(string Line, int ExitCode, string Out, string Error)
{
    /// <summary>The lines of stdout without the final newline.</summary>
    public string[] Lines => Out.TrimEnd('\n').Split('\n');

    /// <summary>Fails unless the command ended with <paramref name="code"/>.</summary>
    public CommandResult Exits(int code)
    {
        Assert.True(ExitCode == code, $"expected exit code {code}: {this}");
        return this;
    }

    /// <summary>Succeeded: returns stdout without its final newline.</summary>
    public string Text() => Exits(0).Out.TrimEnd('\n');

    /// <summary>
    /// Fails unless the command ended with <paramref name="code"/> and one clear error that names each of
    /// <paramref name="words"/>: no stack trace, nothing on stdout, a few lines at most.
    /// </summary>
    public CommandResult FailsClearly(int code, params string[] words)
    {
        Exits(code);
        Assert.True(Error.Trim().Length > 0, $"no error message: {this}");
        Assert.True(Error.TrimEnd('\n').Split('\n').Length <= 5, $"more than one clear error: {this}");
        Assert.False(Error.Contains("   at ") || Error.Contains("Unhandled"), $"a stack trace: {this}");
        foreach (var word in words)
            Assert.True(Mentions(word), $"the error lacks \"{word}\": {this}");
        return this;
    }

    public override string ToString() => $"`{Line}` -> {ExitCode}\nstdout: {Shorten(Out)}\nstderr: {Shorten(Error)}";

    private bool Mentions(string word) => Error.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static string Shorten(string text) =>
        text.Length <= 4000 ? text : text[..4000] + $"... ({text.Length} chars)";
}
