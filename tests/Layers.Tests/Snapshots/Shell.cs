using System.Diagnostics;
using System.Text;

namespace Skiff.Layers.Tests.Snapshots;

/// <summary>Runs the independent tools that tests compare with.</summary>
internal static class Shell
{
    /// <summary>Standard output of a program; a failing exit code fails the test with what the program said.</summary>
    internal static string Run(string program, params ReadOnlySpan<string> arguments) =>
        Run(null, program, arguments);

    /// <summary>The same with every byte of the output as one character.</summary>
    internal static string RunLatin1(string program, params ReadOnlySpan<string> arguments) =>
        Run(Encoding.Latin1, program, arguments);

    private static string Run(Encoding? encoding, string program, ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
            StandardOutputEncoding = encoding,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', start.ArgumentList)} did not end within two minutes");
        }
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', start.ArgumentList)}: exit code "
            + $"{process.ExitCode}\n{error.Result}");
        return output.Result;
    }
}
