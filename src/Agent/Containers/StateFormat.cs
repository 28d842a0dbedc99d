using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Containers;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>The JSON of a container's state, one line a field.</summary>
internal static class StateFormat
{
    /// <summary>As bytes.</summary>
    public static byte[] Write(ContainerState s) => ToBytes(w =>
    {
        JsonFields.Write(w, "Status", s.Status);
        JsonFields.Write(w, "Pid", s.Pid);
        JsonFields.Write(w, "PidStartTime", s.PidStartTime);
        JsonFields.Write(w, "StdoutPipe", s.Pipes.Stdout);
        JsonFields.Write(w, "StderrPipe", s.Pipes.Stderr);
        JsonFields.Write(w, "MonitorPid", s.MonitorPid);
        JsonFields.Write(w, "MonitorStartTime", s.MonitorStartTime);
        JsonFields.Write(w, "ExitCode", s.ExitCode);
        JsonFields.Write(w, "OomKilled", s.OomKilled);
        JsonFields.Write(w, "Error", s.Error);
        JsonFields.Write(w, "StartedAt", s.StartedAt);
        JsonFields.Write(w, "FinishedAt", s.FinishedAt);
        JsonFields.Write(w, "RestartCount", s.RestartCount);
        JsonFields.Write(w, "StoppedByUser", s.StoppedByUser);
        JsonFields.Write(w, "Boot", s.Boot);
        JsonFields.Write(w, "Health", s.Health);
        JsonFields.Write(w, "Warnings", s.Warnings);
    });

    /// <summary>From bytes; absent fields are empty.</summary>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static ContainerState Read(ReadOnlyMemory<byte> json)
    {
        JsonElement e = JsonFields.Parse(json.Span);
        return new ContainerState
        {
            Status = Text(e, "Status"),
            Pid = (int)Number(e, "Pid"),
            PidStartTime = Number(e, "PidStartTime"),
            Pipes = (Number(e, "StdoutPipe"), Number(e, "StderrPipe")),
            MonitorPid = (int)Number(e, "MonitorPid"),
            MonitorStartTime = Number(e, "MonitorStartTime"),
            ExitCode = (int)Number(e, "ExitCode"),
            OomKilled = Flag(e, "OomKilled"),
            Error = Text(e, "Error"),
            StartedAt = Time(e, "StartedAt"),
            FinishedAt = Time(e, "FinishedAt"),
            RestartCount = (int)Number(e, "RestartCount"),
            StoppedByUser = Flag(e, "StoppedByUser"),
            Boot = Text(e, "Boot"),
            Health = Text(e, "Health"),
            Warnings = Texts(e, "Warnings"),
        };
    }
}
