using Skiff.Interop;

namespace Skiff.Agent.Containers;

/// <summary>
/// What goes wrong where nobody listens: when a monitor, which has no output, or a verb about something else cleans up
/// after a container. The kernel's log is where the system's trouble is looked for.
/// </summary>
internal static class KernelLog
{
    /// <summary>Says it, if this process may.</summary>
    public static void Error(ContainerConfig config, string message) =>
        Files.TryWriteFile("/dev/kmsg", $"<3>skiff: container {config.Name}: {message}");
}
