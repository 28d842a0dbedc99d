namespace Skiff.Agent.Cli;

/// <summary>The command line's front door: finds the verb and runs it.</summary>
internal static class CommandLine
{
    /// <summary>Runs one invocation and returns its exit code, as <c>docker</c> does.</summary>
    public static int Run(string[] args)
    {
        Console.Error.WriteLine("skiff: no verbs yet");
        return 125;
    }
}
