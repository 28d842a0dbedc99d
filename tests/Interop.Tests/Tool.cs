using System.Diagnostics;

namespace Skiff.Interop.Tests;

/// <summary>An independent program as the oracle of a test.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns its output without the last newline; a failure fails the test.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var (code, output, error) = TryRun(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} exited with {code}: {error}{output}");
        return output.TrimEnd('\n');
    }

    public static (int Code, string Output, string Error) TryRun(string program, params string[] arguments)
    {
        var start =
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Whether PATH has the program.</summary>
    public static bool Exists(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Any(directory => File.Exists(Path.Combine(directory, program)));
}
