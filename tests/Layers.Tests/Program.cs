using Skiff.Layers.Tests.Fuzz;
using Xunit.Runner.InProc.SystemConsole;

namespace Skiff.Layers.Tests;

/// <summary>Runs the tests, or with <c>fuzz</c> as first argument the fuzz targets.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments) => arguments is ["fuzz", .. string[] rest]
        ? Task.FromResult(FuzzProgram.Run(rest)) : ConsoleRunner.Run(arguments);
}
