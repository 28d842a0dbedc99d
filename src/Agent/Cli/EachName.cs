using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>Does one thing to each name; a failure is told and the others are still done.</summary>
internal static class EachName
{
    /// <summary>Prints each name as it is done. Exit code 1 when any failed.</summary>
    public static int Do(IEnumerable<string> names, Action<string> action)
    {
        int result = 0;
        foreach (string name in names)
        {
            try
            {
                action(name);
                Output.Line(name);
            }
            catch (Exception e) when (e is UsageException or LinuxException)
            {
                Output.Error("skiff: " + e.Message);
                result = 1;
            }
        }
        return result;
    }
}
