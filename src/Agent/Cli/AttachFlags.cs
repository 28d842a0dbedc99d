using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

namespace Skiff.Agent.Cli;

/// <summary><c>-a</c>: which streams <c>run</c> joins.</summary>
internal static class AttachFlags
{
    /// <summary>Those that are named, or without any the output and, with <c>-i</c>, the input.</summary>
    /// <exception cref="UsageException">A stream that there is not, or <c>-a</c> and <c>-d</c> together.</exception>
    public static AttachStreams Read(ParsedArguments a, bool detach)
    {
        IReadOnlyList<string> names = a.Values("attach");
        if (detach)
            return names.Count == 0 ? AttachStreams.None
                : throw new UsageException("conflicting options: cannot specify both --attach and --detach", 125);
        if (names.Count == 0)
            return AttachStreams.Stdout | AttachStreams.Stderr | (a.Flag("interactive") ? AttachStreams.Stdin : 0);
        var streams = AttachStreams.None;
        foreach (string name in names)
            streams |= name.ToUpperInvariant() switch
            {
                "STDIN" => a.Flag("interactive") ? AttachStreams.Stdin : AttachStreams.None,
                "STDOUT" => AttachStreams.Stdout,
                "STDERR" => AttachStreams.Stderr,
                _ => throw new UsageException($"invalid argument \"{name}\" for \"-a, --attach\" flag: "
                    + "valid streams are STDIN, STDOUT and STDERR", 125),
            };
        return streams;
    }

    /// <summary>Stdin, Stdout and Stderr, as far as they are among the streams.</summary>
    public static List<string> Names(AttachStreams streams)
    {
        var names = new List<string>();
        if ((streams & AttachStreams.Stdin) != 0) names.Add(nameof(AttachStreams.Stdin));
        if ((streams & AttachStreams.Stdout) != 0) names.Add(nameof(AttachStreams.Stdout));
        if ((streams & AttachStreams.Stderr) != 0) names.Add(nameof(AttachStreams.Stderr));
        return names;
    }
}
