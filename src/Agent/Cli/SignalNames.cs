using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli;

/// <summary>Signals as users write them.</summary>
internal static class SignalNames
{
    /// <summary>The text itself when it names a signal; otherwise an error.</summary>
    public static string Checked(string text) =>
        Signals.TryParse(text, out _) ? text : throw new UsageException($"invalid signal: {text}");
}
