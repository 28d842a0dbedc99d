using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>Does one thing to each container named; a failure is told and the others are still done.</summary>
internal static class EachContainer
{
    /// <summary>Prints each name as it is done. Exit code 1 when any failed.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="names">As the user typed them.</param>
    /// <param name="action">What to do.</param>
    /// <param name="missingIsFine">A container that doesn't exist is passed over (<c>rm -f</c>).</param>
    public static int Do(Engine engine, IReadOnlyList<string> names, Action<ContainerConfig> action,
        bool missingIsFine = false)
    {
        int result = 0;
        foreach (string name in names)
        {
            try
            {
                action(engine.Containers.Find(name));
                Output.Line(name);
            }
            catch (Exception e) when (e is UsageException or LinuxException or Skiff.Layers.Oci.ImageException)
            {
                Output.Error((missingIsFine ? "" : "skiff: ") + e.Message);
                if (!missingIsFine || !e.Message.StartsWith("No such container", StringComparison.Ordinal)) result = 1;
            }
        }
        return result;
    }
}
